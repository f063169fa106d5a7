import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dscnn.core.splits import Labelled
from dscnn.core.stage import Problem
from dscnn.data.entry import fetched, packed
from dscnn.data.formats import image_folder
from dscnn.data.packing import pack
from dscnn.experiment import datasets
from dscnn.tools import entry

SHAPE = (4, 4, 1)
RANDOM = np.random.default_rng(0)


FOLDER: dict[str, Any] = {
    "format": "image_folder",
    "shape": list(SHAPE),
    "classes": ["cat", "dog"],
    "images": {"train": "train", "test": "test"},
    "addresses": [],
    "files": {},
}
ARCHIVE = {"archive": {"name": "photos.zip", "bytes": 1, "sha256": "0" * 64}}
DRAWN = {"test": 0.5, "seed": 0}


def dataset(**changed: Any) -> image_folder.ImageFolder:
    return image_folder.ImageFolder.model_validate(FOLDER | changed)


def picture(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 4), value, np.uint8)).save(path)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two images of each class in each split; each image holds its own number."""
    names = ["test/cat/1", "test/cat/2", "test/dog/1", "test/dog/2"]
    names += ["train/cat/1", "train/cat/2", "train/dog/a", "train/dog/b"]
    for number, name in enumerate(names):
        picture(tmp_path / f"photos/{name}.png", number)
    return tmp_path / "photos"


def read(folder: Path, **changed: Any) -> dict[str, Labelled]:
    target = folder.parent / "packed.tar"
    pack(folder, target)
    return image_folder.read(dataset(**changed), target)


def numbers(data: Labelled) -> list[int]:
    return data.images[:, 0, 0, 0].tolist()


def test_images_come_in_the_order_of_their_paths(photos: Path) -> None:
    """Images are sorted by path, and a label is the place of its folder among the classes."""
    splits = read(photos)
    assert numbers(splits["train"]) == [4, 5, 6, 7]
    assert splits["train"].labels.tolist() == [0, 0, 1, 1]
    assert numbers(splits["test"]) == [0, 1, 2, 3]
    assert splits["test"].images.shape == (4, *SHAPE)
    assert splits["test"].images.dtype == splits["test"].labels.dtype == np.uint8


def test_an_archive_is_read_like_a_folder(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetched zip in another order, with a folder around it, gives the same arrays as a packed folder."""
    monkeypatch.chdir(photos.parent)
    pack(photos, packed("own"))
    fetched("own").mkdir(parents=True)
    path = fetched("own") / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(photos.rglob("*.png"), reverse=True):
            archive.write(file, Path("around") / file.relative_to(photos))
        archive.writestr("around/README.md", "hello")
        archive.writestr("__MACOSX/around/train/cat/._1.png", "x")
    folder, archived = dataset().read("own"), dataset(addresses=["-"], files=ARCHIVE).read("own")
    for split in ("train", "test"):
        np.testing.assert_array_equal(folder[split].images, archived[split].images)
        np.testing.assert_array_equal(folder[split].labels, archived[split].labels)


def test_hidden_files_are_passed_over(photos: Path) -> None:
    """The files that systems leave behind are no images and no errors."""
    expected = numbers(read(photos)["train"])
    for name in (".DS_Store", "train/cat/.1.png", "train/.git/x.png", "train/dog/Thumbs.db", "train/dog/desktop.ini"):
        (photos / name).parent.mkdir(exist_ok=True)
        (photos / name).write_text("x")
    assert numbers(read(photos)["train"]) == expected


def test_all_errors_are_said_at_once(photos: Path) -> None:
    """A list names each file that is unreadable, no image, of an unknown class or in no class."""
    (photos / "train/cat/3.jpg").write_text("no image")
    (photos / "train/dog/c.png").write_bytes((photos / "train/dog/b.png").read_bytes()[:-20])
    (photos / "train/dog/notes.txt").write_text("x")
    picture(photos / "train/zebra/1.png", 9)
    picture(photos / "5.png", 9)
    with pytest.raises(Problem) as problem:
        read(photos)
    first, *lines = str(problem.value).splitlines()
    assert "5 of its files cannot be used" in first
    assert [line.split(":")[0].strip() for line in lines] == [
        "5.png",
        "train/cat/3.jpg",
        "train/dog/c.png",
        "train/dog/notes.txt",
        "train/zebra/1.png",
    ]
    assert "'zebra' is not among the classes in datasets.yaml" in lines[-1]


def test_a_name_writes_no_lines_of_its_own(photos: Path) -> None:
    """A line break in the name of a file is not one in the message."""
    (photos / "train/cat/x\n  all is well.jpg").write_text("no image")
    with pytest.raises(Problem) as problem:
        read(photos)
    (line,) = str(problem.value).splitlines()[1:]
    assert line.startswith("  train/cat/x\N{REPLACEMENT CHARACTER}  all is well.jpg: ")


def test_a_name_does_not_steer_the_terminal(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (photos / "other\x1b[2J/cat").mkdir(parents=True)
    picture(photos / "other\x1b[2J/cat/1.png", 9)
    read(photos)
    assert capsys.readouterr().out == (
        "not read: 1 files in other\N{REPLACEMENT CHARACTER}[2J, which is neither split of datasets.yaml\n"
    )


def test_a_file_too_large_is_a_fault(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file above the limit is not read."""
    monkeypatch.setattr(image_folder, "LARGEST_FILE", 500)
    (photos / "train/cat/3.png").write_bytes(b"x" * 501)
    with pytest.raises(Problem, match=r"train/cat/3\.png: 501 bytes are more than 500"):
        read(photos)


def test_a_hundred_faults_are_named_and_the_rest_counted(photos: Path) -> None:
    """The list ends after a hundred errors with the number of the others."""
    for number in range(130):
        (photos / f"train/cat/bad{number}.png").write_text("x")
    with pytest.raises(Problem, match=r"130 of its files cannot be used(.*\n){101}.*and 30 more"):
        read(photos)


def test_another_folder_beside_the_splits_is_named(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another folder is no error, because the entry says which folders are the splits."""
    picture(photos / "val/cat/1.png", 9)
    assert numbers(read(photos)["train"]) == [4, 5, 6, 7]
    assert "not read: 1 files in val" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["train/cat/more/3.png", "train/zebra/more/3.png", "train/cat/more/notes.txt"])
def test_a_file_in_a_folder_of_a_class_is_a_fault(photos: Path, name: str) -> None:
    """It would be lost, though its split is one of the entry's; beside the splits such a folder is none."""
    picture(photos / "val/cat/more/1.png", 9)
    assert numbers(read(photos)["train"]) == [4, 5, 6, 7]
    (photos / name).parent.mkdir(parents=True)
    (photos / name).write_text("x")
    with pytest.raises(
        Problem, match=rf"1 of its files cannot be used:\n  {name}: lies in a split, but not in <split>/<class>/$"
    ):
        read(photos)


def test_an_image_too_high_in_a_split_is_a_fault(photos: Path) -> None:
    """It has no class; the words do not say that it lies too deep."""
    picture(photos / "train/x.png", 9)
    (photos.parent / "around").mkdir()
    photos.rename(photos.parent / "around/photos")
    said = r"  photos/train/x\.png: lies in a split, but not in <split>/<class>/$"
    with pytest.raises(Problem, match=rf"1 of its files cannot be used:\n{said}"):
        read(photos.parent / "around")


@pytest.mark.parametrize("around", [".", "flower_photos"])
@pytest.mark.parametrize("splits", [True, False])
def test_a_licence_above_the_classes_is_passed_over(
    photos: Path, around: str, splits: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in TensorFlow's flower_photos.tgz; `make entry` and the reader agree on such an archive."""
    top = photos if splits else photos / "train"
    for folder in ("", "train", "test") if splits else ("",):
        (top / folder / "LICENSE.txt").write_text("x")
    path = photos.parent / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(top.rglob("*.*")):
            archive.write(file, Path(around) / file.relative_to(top))
    described = image_folder.ImageFolder.model_validate(entry.entry(path, 4, 1))
    assert (described.classes, "seed" in described.images.model_dump()) == (("cat", "dog"), not splits)
    assert numbers(image_folder.read(described, path)["train" if splits else "all"]) == [4, 5, 6, 7]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["train/zebra/1.gif", "train/cat/LICENSE.txt", "train/cat/more/LICENSE.txt"])
@pytest.mark.parametrize("images", [DRAWN, FOLDER["images"]])
def test_what_is_no_image_is_a_fault_in_a_class_or_beside_the_classes(
    photos: Path, name: str, images: dict[str, Any]
) -> None:
    """A folder of images of a kind that is not read would else be a class that is lost."""
    (photos / name).parent.mkdir(exist_ok=True)
    (photos / name).write_text("x")
    top = photos / "train" if images == DRAWN else photos
    with pytest.raises(Problem, match=rf"1 of its files cannot be used:\n  {(photos / name).relative_to(top)}: "):
        read(top, images=images)


def test_images_that_all_lie_too_deep_are_faults(photos: Path) -> None:
    """Nothing says then where the splits are, but their names."""
    for folder in (photos / "train/cat", photos / "train/dog", photos / "test/cat", photos / "test/dog"):
        folder.rename(folder.with_name("moved"))
        folder.mkdir()
        folder.with_name("moved").rename(folder / "moved")
    with pytest.raises(Problem, match=r"8 of its files cannot be used:\n  test/cat/moved/1\.png: lies in a split, but"):
        read(photos)


def test_a_root_may_be_called_like_a_split(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder beside the splits in it is none of them."""
    picture(photos / "val/cat/1.png", 9)
    photos.rename(photos.with_name("test"))
    photos.mkdir()
    photos.with_name("test").rename(photos / "test")
    assert numbers(read(photos)["train"]) == [4, 5, 6, 7]
    assert capsys.readouterr().out.startswith("not read: 1 files in test/val, which")


def test_without_splits_a_file_in_a_folder_of_a_class_is_a_fault(photos: Path) -> None:
    """It says so, rather than that the folder is no class."""
    picture(photos / "train/cat/more/3.png", 9)
    with pytest.raises(Problem, match=r"cat/more/3\.png: lies deeper than its class$"):
        read(photos / "train", images=DRAWN)


def test_classes_without_splits(photos: Path) -> None:
    """Images of <class>/ come as one part, which stage prepare divides."""
    (data,) = read(photos / "train", images=DRAWN).values()
    assert numbers(data) == [4, 5, 6, 7]
    assert data.labels.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("gone", ["test/dog", "train"])
def test_a_class_without_images_is_a_problem(photos: Path, gone: str) -> None:
    """Each class has images in both splits."""
    for path in (photos / gone).rglob("*.png"):
        path.unlink()
    said = {"test/dog": r"dog \(test\)", "train": r"cat \(train\), dog \(train\)"}[gone]
    with pytest.raises(Problem, match=f"no image of {said}; classes"):
        read(photos)


def test_a_batch_of_large_images_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with the image that makes it larger than an eighth of the largest file."""
    monkeypatch.setattr(image_folder, "LARGEST_FILE", 80)
    found = iter([image_folder.Image("all", 0, "x", b"12345")] * 7)
    assert [len(image_folder._batch(found)) for _ in range(4)] == [3, 3, 1, 0]


def test_what_an_archive_may_unpack_to_grows_with_it(tmp_path: Path) -> None:
    """A hundred times its size, and 16 MiB, in which the headers of a small one fit."""
    (tmp_path / "photos.tar").write_bytes(b"x" * 30)
    assert image_folder.most_unpacked(tmp_path / "photos.tar") == 3000 + 16 * 2**20


def test_two_roots_are_a_problem(photos: Path) -> None:
    """Images in two places are refused, because one folder is meant."""
    picture(photos / "old/train/cat/1.png", 1)
    with pytest.raises(Problem, match="images lie both in"):
        read(photos)


def test_bytes_decide_not_names(photos: Path) -> None:
    """A PNG that is called .JPG is read as a PNG."""
    (photos / "train/cat/1.png").rename(photos / "train/cat/1.JPG")
    assert numbers(read(photos)["train"]) == [4, 5, 6, 7]


def test_more_images_than_a_batch_keep_their_order(tmp_path: Path) -> None:
    """Several processes decode the batches, and the order of the paths stays."""
    path, count = tmp_path / "many.zip", 3 * image_folder.BATCH + 5
    values = RANDOM.integers(0, 256, count)
    with zipfile.ZipFile(path, "w") as archive:
        for number, value in enumerate(values):
            out = io.BytesIO()
            Image.fromarray(np.full((4, 4), value, np.uint8)).save(out, "png")
            archive.writestr(f"{('cat', 'dog')[number % 2]}/{number:05}.png", out.getvalue())
    (data,) = image_folder.read(dataset(images=DRAWN), path).values()
    assert numbers(data) == [*values[::2], *values[1::2]]


@pytest.mark.parametrize("changed", [{}, {"images": DRAWN}, {"addresses": ["/somewhere"], "files": ARCHIVE}])
def test_an_entry_is_a_folder_or_an_archive(changed: dict[str, Any]) -> None:
    """The images lie in a folder or an archive, and their splits are folders or drawn."""
    checked = datasets.check({"own": FOLDER | changed})["own"]
    assert isinstance(checked, image_folder.ImageFolder)
    assert checked.in_folder == ("files" not in changed)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"addresses": ["y"]}, "addresses and files.archive come together"),
        ({"files": ARCHIVE}, "addresses and files.archive come together"),
        ({"images": {"train": "a", "test": "a"}}, "train and test are both 'a'; one folder cannot be both"),
        ({"images": {"test": 1.5, "seed": 0}}, "own.images.test: "),
        ({"images": {"train": 10, "test": "test"}}, "own.images.train: "),
        ({"images": {"train": "../a", "test": "test"}}, "own.images.train: "),
        ({"images": 5}, "own.images: "),
        ({"classes": ["a"]}, "own.classes: "),
        (
            {"addresses": ["y"], "files": {"archive": ARCHIVE["archive"] | {"name": "my photos.zip"}}},
            "own.files.archive.name: ",
        ),
    ],
)
def test_an_error_of_an_entry_is_said_on_one_line(changed: dict[str, Any], said: str) -> None:
    """An error of an entry takes one line."""
    with pytest.raises(Problem) as problem:
        datasets.check({"own": FOLDER | changed})
    _, line = str(problem.value).splitlines()
    assert said in line
