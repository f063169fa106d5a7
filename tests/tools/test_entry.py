import io
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

import tiny
from dscnn.core.stage import Problem
from dscnn.data.entry import Archive
from dscnn.data.formats import image_folder
from dscnn.data.formats.image_folder import ImageFolder
from dscnn.data.packing import pack
from dscnn.experiment import checks, datasets, params
from dscnn.tools import entry


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    tiny.own_images(tmp_path / "photos")
    return tmp_path / "photos"


def read_back(path: Path, side: int, channels: int) -> Any:
    """Return the entry of `path` as another YAML library reads its lines."""
    return yaml.safe_load(entry.lines("own", entry.entry(path, side, channels)))["own"]


def images(folder: Path, *classes: str) -> Path:
    """Make a file that is named like an image in each of `classes`."""
    for each in classes:
        (folder / each).mkdir(parents=True)
        (folder / each / "1.png").write_text("x")
    return folder


def test_a_folders_entry_has_the_splits_and_their_classes(photos: Path) -> None:
    """A class that neither split has, and an image less deep than the others, are passed over."""
    images(photos, "val/other", "misc")
    assert read_back(photos, 8, 1) == {
        "format": "image_folder",
        "shape": [8, 8, 1],
        "classes": ["high", "low", "middle"],
        "images": {"train": "train", "test": "test"},
        "addresses": [],
        "files": {},
    }


def test_without_splits_a_share_is_drawn(photos: Path) -> None:
    """Images in <class>/<image> are one set; a fifth becomes the test split."""
    found = read_back(photos / "train", 8, 3)
    assert found["images"] == {"test": 0.2, "seed": 0}
    assert found["shape"] == [8, 8, 3]


@pytest.mark.parametrize("around", ["", "around"])
def test_a_train_split_alone_is_no_split(photos: Path, around: str) -> None:
    """The test images are drawn from it; with them in a folder that is not there, stage prepare would fail."""
    shutil.rmtree(photos / "test")
    packed, top = photos.parent / "images.tar", photos if around else photos.parent / "photos"
    found = read_back(top.parent if around else top, 8, 1)
    assert (found["images"], found["classes"]) == ({"test": 0.2, "seed": 0}, ["high", "low", "middle"])
    pack(photos, packed)
    (data,) = image_folder.read(ImageFolder.model_validate(found), packed).values()
    assert len(data.labels) == len([*photos.rglob("*.png")])


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_a_validation_split_stands_in_for_a_missing_test_split(photos: Path, name: str) -> None:
    """Many data sets are published so; beside a test split it is passed over."""
    shutil.copytree(photos / "test", photos / name)
    assert read_back(photos, 8, 1)["images"] == {"train": "train", "test": "test"}
    shutil.rmtree(photos / "test")
    assert read_back(photos, 8, 1)["images"] == {"train": "train", "test": name}


def test_an_archives_entry_has_size_and_checksum(photos: Path, tmp_path: Path) -> None:
    """The folder that the archive lies in is its address."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz") as archive:
        archive.add(photos, "photos")
    path = tmp_path / "photos.tar.xz"
    path.write_bytes(out.getvalue())
    checked = ImageFolder.model_validate(read_back(path, 8, 1))
    assert isinstance(checked.files, Archive)
    assert checked.files.archive.model_dump() == tiny.described("photos.tar.xz", out.getvalue())
    assert checked.addresses == (f"{tmp_path}/",)


@pytest.mark.parametrize("kind", ["yes", "null", "1", "a: b", '"q"', "日本", "😀", "~"])
def test_the_name_of_a_class_is_a_string_of_yaml(tmp_path: Path, kind: str) -> None:
    """YAML would read some of them as no string, and others not at all."""
    assert read_back(images(tmp_path / "photos", kind, "other"), 8, 3)["classes"] == sorted([kind, "other"])


def test_nested_classes_are_a_problem(tmp_path: Path) -> None:
    """Two of the four classes would be lost."""
    with pytest.raises(Problem, match="not in one folder but in cat, dog"):
        entry.entry(images(tmp_path / "photos", "cat/a", "cat/b", "dog/a"), 8, 3)


@pytest.mark.parametrize("name", ["train", "train/low/more", "test/low/more/most"])
def test_images_in_a_split_but_in_no_class_are_a_problem(photos: Path, name: str) -> None:
    """They would be lost, or be an error of stage prepare."""
    images(photos, "val/low/more")
    (photos / name).mkdir(parents=True, exist_ok=True)
    (photos / name / "1.png").write_text("x")
    with pytest.raises(Problem, match=rf"photos: {name}/1\.png lies in a split, but not in <split>/<class>/; move it"):
        entry.entry(photos, 8, 1)


@pytest.mark.parametrize("broken", [None, "datasets: [", "datasets: []"])
def test_a_new_entry_can_be_used_as_it_says(
    folder: Path, photos: Path, capsys: pytest.CaptureFixture[str], broken: str | None
) -> None:
    """The lines that it prints make params.yaml right, which may be missing or faulty before."""
    Path("params.yaml").unlink()
    if broken:
        Path("params.yaml").write_text(broken)
    entry.main("own", str(photos), "8", "1")
    first, second, *written = capsys.readouterr().out.splitlines()
    assert (first, second) == ("datasets.yaml: own added, 3 classes", "In params.yaml, write:")
    told = yaml.safe_load("\n".join(written))
    assert told == {"datasets": ["own"], "folders": {"own": str(photos)}}
    checks.check(params.check(tiny.params() | told), datasets.load())


def test_an_archive_needs_no_folder(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only `datasets` is left to write into params.yaml."""
    (tmp_path / "photos.tar").write_bytes(tiny.tar({"a/1.png": b"x", "b/1.png": b"x"}))
    entry.main("own", "photos.tar", "8", "3")
    assert capsys.readouterr().out.splitlines()[2:] == ['datasets: ["own"]']
    assert list(datasets.load()) == ["stripes", "own"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("tail", ["", "# the end", "# the end\n", "\n\n"])
def test_what_datasets_yaml_holds_stays_byte_by_byte(folder: Path, photos: Path, end: str, tail: str) -> None:
    """Comments and the ends of lines too; a last line without an end gets one."""
    text = "# mine: ü\n" + Path("datasets.yaml").read_text().rstrip("\n") + " # a comment\n" + tail
    old = text.replace("\n", end).encode()
    Path("datasets.yaml").write_bytes(old)
    before = datasets.load()
    entry.main("own", str(photos), "8", "1")
    assert Path("datasets.yaml").read_bytes().startswith(old)
    after = datasets.load()
    assert after.pop("own").classes == ("high", "low", "middle")
    assert after == before


@pytest.mark.parametrize(
    ("name", "path", "side", "said"),
    [
        ("own", "nowhere", "8", "^nowhere: neither a folder nor an archive"),
        ("own", "references", "8", "^references: no images in <split>/<class>/ or <class>/ of two classes or more"),
        ("own", "photos", "x", "^SIDE=x should be a number of pixels"),
        ("own", "photos", "", "^SIDE= should be a number of pixels"),
        ("own", "photos", "0", r"^datasets\.yaml:\n  own\.shape\[0\]: should be greater than 0"),
        ("my photos", "photos", "8", r"^datasets\.yaml:\n  my photos: "),
        ("../own", "photos", "8", r"^datasets\.yaml:\n  \.\./own: "),
        ("stripes", "photos", "8", r"^NAME=stripes: datasets\.yaml has stripes already"),
        ("Stripes", "photos", "8", r"^NAME=Stripes: datasets\.yaml has stripes already"),
        ("own", "delete", "8", r"^datasets\.yaml:\n  own\.classes\[0\]: .* has characters that cannot be printed"),
        ("own", "bytes", "8", r"^datasets\.yaml:\n  own\.classes\[0\]: .* has characters that cannot be printed"),
    ],
)
def test_what_cannot_be_an_entry_is_not_written(
    folder: Path, photos: Path, capsys: pytest.CaptureFixture[str], name: str, path: str, side: str, said: str
) -> None:
    """It says why, and datasets.yaml stays as it was."""
    images(folder / "delete", "a\x7f", "b")
    images(folder / "bytes", "a\udcff", "b")
    old = Path("datasets.yaml").read_bytes()
    with pytest.raises(Problem, match=said):
        entry.main(name, path, side, "1")
    assert capsys.readouterr().out == ""
    assert Path("datasets.yaml").read_bytes() == old


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "datasets.yaml is missing: 'git checkout datasets.yaml' restores it"),
        ("", "datasets.yaml:\n  should be"),
        ("a: [", "datasets.yaml is not YAML"),
        ("stripes: {}", "datasets.yaml:\n  stripes: format is missing"),
        ("- a", "datasets.yaml:\n  should be"),
    ],
)
def test_a_broken_catalogue_is_no_place_for_an_entry(
    folder: Path, photos: Path, content: str | None, said: str
) -> None:
    """The error that it has already is named."""
    Path("datasets.yaml").unlink()
    if content is not None:
        Path("datasets.yaml").write_text(content)
    with pytest.raises(Problem) as problem:
        entry.main("own", "photos", "8", "1")
    assert str(problem.value).startswith(said)


def test_lines_that_would_not_be_read_as_an_entry_are_shown(folder: Path, photos: Path) -> None:
    """A catalogue in braces cannot be continued by a line after it."""
    Path("datasets.yaml").write_text(json.dumps(yaml.safe_load(Path("datasets.yaml").read_text())))
    with pytest.raises(Problem, match='write the entry yourself:\n"own":\n  format: "image_folder"\n'):
        entry.main("own", "photos", "8", "1")
    assert list(datasets.load()) == ["stripes"]
