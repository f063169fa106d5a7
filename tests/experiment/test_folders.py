import os
import sys
from pathlib import Path
from typing import Any

import pytest

import tiny
from dscnn.experiment import datasets, folders, params

FOLDER: dict[str, Any] = {
    "format": "image_folder",
    "shape": [8, 8, 1],
    "classes": ["a", "b"],
    "images": {"train": "train", "test": "test"},
    "addresses": [],
    "files": {},
}
ARCHIVE: dict[str, Any] = {
    "addresses": ["/x"],
    "files": {"archive": {"name": "x.zip", "bytes": 1, "sha256": "0" * 64}},
}


@pytest.fixture
def catalogue(archives: dict[str, Any]) -> dict[str, Any]:
    """The content of a tiny datasets.yaml, to be edited."""
    return tiny.datasets(archives)


def errors(source: dict[str, Any], catalogue: dict[str, Any]) -> list[str]:
    return [*folders.check(params.check(source), datasets.check(catalogue))]


NO_ARCHIVE = "nor is data/raw/own/packed/images.tar here, the archive of it"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../photos", None),
        ("nowhere", f"folders.own: nowhere is no folder, {NO_ARCHIVE}"),
        ("~/photos", f"folders.own: ~/photos is no folder; ~ is not expanded, {NO_ARCHIVE}"),
        (".", "folders.own: . holds this project's own files; images lie apart"),
        ("..", "folders.own: .. holds this project's own files; images lie apart"),
        ("data/photos", "folders.own: data/photos holds this project's own files; images lie apart"),
        (None, "folders.own: should say where the images lie, since datasets.yaml own.files is empty"),
    ],
)
def test_a_folder_of_images_is_there_and_apart(
    source: dict[str, Any],
    catalogue: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str | None,
    said: str | None,
) -> None:
    """DVC would say so less clearly, or follow its own outputs."""
    (tmp_path / "project/data/photos").mkdir(parents=True)
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    source |= {"datasets": ["own"], "folders": {"own": name} if name else {}}
    assert errors(source, catalogue | {"own": FOLDER}) == ([said] if said else [])


@pytest.fixture
def photos(source: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of images that `source` names, beside the current one."""
    (tmp_path / "photos/a").mkdir(parents=True)
    (tmp_path / "photos/a/1.png").write_text("x")
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    source |= {"datasets": ["own"], "folders": {"own": "../photos"}}
    return tmp_path / "photos"


def test_what_never_ends_is_found_before_dvc_reads_it(
    source: dict[str, Any], catalogue: dict[str, Any], photos: Path
) -> None:
    """A pipe and a link to a device; what is hidden too, since DVC reads that. A link to nothing is left to others."""
    (photos / "a/2.png").symlink_to("nowhere")
    (photos / "a/3.png").symlink_to("3.png")
    assert errors(source, catalogue | {"own": FOLDER}) == []
    os.mkfifo(photos / "a/.3.png")
    (photos / "a/4.png").symlink_to("/dev/zero")
    assert sorted(errors(source, catalogue | {"own": FOLDER})) == [
        f"folders.own: {photos}/a/{name} is no file, and reading it may never end" for name in (".3.png", "4.png")
    ]


def test_a_link_to_a_folder_is_found_before_dvc_passes_it_over(
    source: dict[str, Any], catalogue: dict[str, Any], photos: Path, tmp_path: Path
) -> None:
    """DVC does not follow it. A link to a file it follows, and the folder itself may be a link."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other/1.png").write_text("x")
    (tmp_path / "linked").symlink_to(photos)
    (photos / "a/2.png").symlink_to(tmp_path / "other/1.png")
    source["folders"]["own"] = "../linked"
    assert errors(source, catalogue | {"own": FOLDER}) == []
    (photos / "b").symlink_to(tmp_path / "other")
    assert errors(source, catalogue | {"own": FOLDER}) == [
        f"folders.own: {photos}/b is a link to a folder, whose changes DVC does not see: name that folder in `folders`,"
        " or copy it"
    ]


def test_a_name_that_is_not_utf_8_is_found_before_dvc_trips_over_it(
    source: dict[str, Any], catalogue: dict[str, Any], photos: Path
) -> None:
    """Its list of a folder is JSON; hidden files are in it too. The first 20 are named."""
    for name in ("a/\udcff.png", "a/.\udcff"):
        (photos / name).write_text("x")
    assert errors(source, catalogue | {"own": FOLDER}) == [
        f"folders.own: '{photos}/a/{name}' has a name that is not UTF-8: rename it"
        for name in (".\\udcff", "\\udcff.png")
    ]
    for number in range(25):
        (photos / f"a/{number}\udcff").write_text("x")
    found = errors(source, catalogue | {"own": FOLDER})
    assert (len(found), found[-1]) == (21, "folders.own: ../photos has more of that kind")


@pytest.mark.parametrize("name", ["a\0b", "../circle", "../closed"])
def test_a_folder_that_is_no_path_is_one_line(
    source: dict[str, Any], catalogue: dict[str, Any], photos: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A NUL in it, a link to itself, a folder that may not be read."""
    (photos.parent / "circle").symlink_to("circle")
    (photos.parent / "closed").mkdir()
    scanned = os.scandir

    def refused(path: Path) -> Any:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scanned(path)

    monkeypatch.setattr(os, "scandir", refused)
    source["folders"]["own"] = name
    (found,) = errors(source, catalogue | {"own": FOLDER})
    said = f"{name!r} is no path that can be read ("
    if name == "../circle" and sys.version_info >= (3, 13):  # from there on Python follows it once, and finds nothing
        said = "../circle is no folder, nor is "
    assert found.startswith(f"folders.own: {said}")
    assert "\n" not in found


def test_a_packed_archive_stands_for_a_folder_that_is_elsewhere(
    source: dict[str, Any], catalogue: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stage pack made it, on another machine perhaps."""
    monkeypatch.chdir(tmp_path)
    source |= {"datasets": ["own"], "folders": {"own": "nowhere"}}
    archive = Path("data/raw/own/packed/images.tar")
    archive.parent.mkdir(parents=True)
    archive.touch()
    assert errors(source, catalogue | {"own": FOLDER}) == []


def test_an_archive_of_images_needs_no_folder(source: dict[str, Any], catalogue: dict[str, Any]) -> None:
    """And a folder beside it would be one too many."""
    catalogue["own"] = FOLDER | ARCHIVE
    source["datasets"] = ["own"]
    assert errors(source, catalogue) == []
    source["folders"] = {"own": "x"}
    (error,) = errors(source, catalogue)
    assert error.startswith("folders.own: should go, since datasets.yaml own.files names an archive")
