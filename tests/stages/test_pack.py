import tarfile
from pathlib import Path
from typing import Any

import pytest

import tiny
from dscnn.data.entry import packed
from dscnn.stages import pack


def test_the_folder_of_a_data_set_is_packed(
    folder: Path, source: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder that params.yaml names becomes the archive that stage prepare reads."""
    tiny.own_images(folder / "photos")
    tiny.write_yaml(folder / "params.yaml", source | {"folders": {"own": "photos"}})
    pack.main("own")
    with tarfile.open(packed("own")) as archive:
        names = archive.getnames()
    assert len(names) == tiny.TRAIN + tiny.TEST
    assert names[0] == "test/high/002.png"
    assert capsys.readouterr().out == "photos: 90 files packed\n"
