import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import own_images, ran, tiny_experiment
from dscnn import catalogue, entry, files, params
from dscnn.stage import Problem


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    own_images(tmp_path / "photos")
    return tmp_path / "photos"


def printed(name: str, path: Path, side: int, channels: int) -> Any:
    return yaml.safe_load(entry.lines(name, path, entry.entry(path, side, channels)))


def test_a_folders_entry_is_complete(photos: Path, archives: dict[str, Any]) -> None:
    """What it prints, put into params.yaml, passes the check."""
    (photos / "val/other").mkdir(parents=True)
    (photos / "val/other/1.png").write_text("a class that neither split has")
    found = printed("own", photos, 8, 1)
    assert found["catalogue"]["own"]["classes"] == ["high", "low", "middle"]
    assert found["catalogue"]["own"]["images"] == {"train": "train", "test": "test"}
    tiny = tiny_experiment(archives)
    checked = params.check(
        tiny | {"datasets": ["own"], "folders": found["folders"], "catalogue": tiny["catalogue"] | found["catalogue"]}
    )
    assert checked.folders == {"own": str(photos)}


def test_without_splits_a_share_is_drawn(photos: Path) -> None:
    """As for <class>/<image>."""
    found = printed("own", photos / "train", 8, 3)["catalogue"]["own"]
    assert found["images"] == {"test": 0.2, "seed": 0}
    assert found["shape"] == [8, 8, 3]


def test_an_archives_entry_has_size_and_checksum(photos: Path, tmp_path: Path) -> None:
    """And the folder it lies in as its address."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz") as archive:
        archive.add(photos, "photos")
    path = tmp_path / "photos.tar.xz"
    path.write_bytes(out.getvalue())
    found = printed("own", path, 8, 1)["catalogue"]["own"]
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


@pytest.mark.parametrize("kind", ["yes", "null", "1", "a: b", '"q"', "日本", "😀", "~"])
def test_any_name_of_a_class_is_printed_so_that_yaml_reads_it(tmp_path: Path, kind: str) -> None:
    """As a string, letter by letter."""
    for folder in (kind, "other"):
        (tmp_path / "photos" / folder).mkdir(parents=True)
        (tmp_path / "photos" / folder / "1.png").write_text("x")
    found = printed("own", tmp_path / "photos", 8, 3)
    assert found["catalogue"]["own"]["classes"] == sorted([kind, "other"])


def test_nested_classes_are_a_problem(tmp_path: Path) -> None:
    """Two of them would be lost."""
    for folder in ("cat/a", "cat/b", "dog/a"):
        (tmp_path / "photos" / folder).mkdir(parents=True)
        (tmp_path / "photos" / folder / "1.png").write_text("x")
    with pytest.raises(Problem, match="not in one folder but in cat, dog"):
        entry.entry(tmp_path / "photos", 8, 3)


def test_an_image_outside_the_splits_is_passed_over(photos: Path) -> None:
    """Less deep than the others."""
    (photos / "misc").mkdir()
    (photos / "misc/logo.png").write_text("x")
    assert entry.entry(photos, 8, 3)["classes"] == ["high", "low", "middle"]


@pytest.mark.parametrize(
    ("name", "side", "said"),
    [
        ("my photos", "8", "this would not do as an entry:\n  catalogue.my photos: "),
        ("own", "0", "catalogue.own.shape[0]: should be greater than 0"),
        ("stripes", "8", "NAME=stripes is in the catalogue of params.yaml already"),
    ],
)
def test_what_params_yaml_would_refuse_is_not_printed(folder: Path, name: str, side: str, said: str) -> None:
    """In the same words as there."""
    own_images(folder / "photos")
    done = ran("entry", name, "photos", side, "1")
    assert done.returncode == 1
    assert done.stdout == ""
    assert said in done.stderr
