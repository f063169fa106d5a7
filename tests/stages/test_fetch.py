from pathlib import Path
from typing import Any

import pytest

import tiny
from dscnn.core import files
from dscnn.data import addresses
from dscnn.data.catalogue import Dataset
from dscnn.data.download import MIRROR
from dscnn.data.entry import fetched
from dscnn.stages import fetch


@pytest.fixture(autouse=True)
def _no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own mirror is not asked."""
    monkeypatch.delenv(MIRROR, raising=False)


def test_a_mirror_is_asked_first(folder: Path, archives: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirror has a folder for each data set, and what it lacks comes from the addresses of datasets.yaml."""
    (source,) = (Path(address.removeprefix("file://")) for address in archives["addresses"])
    mirror = folder / "mirror" / "stripes"
    mirror.mkdir(parents=True)
    for name in ("train-images.gz", "train-labels.gz"):
        (mirror / name).write_bytes((source / name).read_bytes())
    asked: list[str] = []
    real = addresses.opened
    monkeypatch.setattr(addresses, "opened", lambda *words: (asked.append(words[0]), real(*words))[1])
    monkeypatch.setenv(MIRROR, str(folder / "mirror"))
    fetch.main("stripes")
    home = archives["addresses"][0]
    assert asked == [
        *(f"{mirror}/{name}" for name in ("train-images.gz", "train-labels.gz")),
        *(f"{place}/{name}" for name in ("test-images.gz", "test-labels.gz") for place in (mirror, home)),
    ]


def test_a_folder_of_images_has_nothing_to_fetch(folder: Path) -> None:
    """A note says where the images come from."""
    tiny.write_yaml(folder / "datasets.yaml", {"own": tiny.own_images(folder / "photos")})
    fetch.main("own")
    (note,) = fetched("own").iterdir()
    assert "stage pack" in note.read_text()


@pytest.mark.usefixtures("folder")
def test_every_file_is_fetched(entry: Dataset) -> None:
    """All four files arrive with the bytes that datasets.yaml names."""
    fetch.main("stripes")
    for _, file in entry.files:
        assert files.sha256(fetched("stripes") / file.name) == file.sha256
