import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import own_images, ran, tiny_experiment
from dscnn import catalogue, entry, files, params


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    own_images(tmp_path / "photos")
    return tmp_path / "photos"


def test_a_folders_entry_is_complete(photos: Path, archives: dict[str, Any]) -> None:
    """What it prints, put into params.yaml, passes the check."""
    (photos / "val/other").mkdir(parents=True)
    (photos / "val/other/1.png").write_text("a class that neither split has")
    found = yaml.safe_load(entry.entry("own", photos, 8, 1))
    assert found["catalogue"]["own"]["classes"] == ["high", "low", "middle"]
    assert found["catalogue"]["own"]["images"] == {"train": "train", "test": "test"}
    tiny = tiny_experiment(archives)
    checked = params.check(
        tiny | {"datasets": ["own"], "folders": found["folders"], "catalogue": tiny["catalogue"] | found["catalogue"]}
    )
    assert checked.folders == {"own": str(photos)}


def test_without_splits_a_share_is_drawn(photos: Path) -> None:
    """As for <class>/<image>."""
    found = yaml.safe_load(entry.entry("own", photos / "train", 8, 3))["catalogue"]["own"]
    assert found["images"] == {"test": 0.2, "seed": 0}
    assert found["shape"] == [8, 8, 3]


def test_an_archives_entry_has_size_and_checksum(photos: Path, tmp_path: Path) -> None:
    """And the folder it lies in as its address."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz") as archive:
        archive.add(photos, "photos")
    path = tmp_path / "photos.tar.xz"
    path.write_bytes(out.getvalue())
    found = yaml.safe_load(entry.entry("own", path, 8, 1))["catalogue"]["own"]
    checked = catalogue.ImageFolder.model_validate(found)
    assert isinstance(checked.files, catalogue.ArchiveFiles)
    assert checked.files.archive.sha256 == files.sha256(path)
    assert checked.addresses == (f"{tmp_path}/",)


@pytest.mark.parametrize(
    ("path", "side", "said"),
    [("nowhere", "8", "neither a folder nor an archive"), (".", "8", "no images in"), (".", "x", "SIDE=x")],
)
def test_what_cannot_be_an_entry_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, side: str, said: str
) -> None:
    """In one line."""
    monkeypatch.chdir(tmp_path)
    done = ran("entry", "own", path, side, "3")
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
