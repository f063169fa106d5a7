from pathlib import PurePosixPath

import pytest

from dscnn.data.formats import layout

SPLITS = {"train": "train", "val": "test"}
KINDS = "no image (.png, .jpg, .jpeg, .webp, .bmp)"
ZEBRA = "'zebra' is not among the classes in datasets.yaml"


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("train/cat/1.png", ("train", 0)),
        ("a/b/val/dog/1.JPG", ("test", 1)),
        ("train/cat/1.gif", KINDS),
        ("train/zebra/1.png", ZEBRA),
        ("1.png", "lies in no split and class"),
        ("train/1.png", "lies in no split and class"),
        ("a/train/1.png", None),
        ("train/cat/more/1.png", None),
        ("test/cat/1.png", None),
        ("README", None),
        ("train/README", None),
        ("a/train/README", None),
        ("train/zebra/1.gif", None),
    ],
)
def test_a_place_in_splits(name: str, place: tuple[str, int] | str | None) -> None:
    """The last two folders say split and class, whatever they lie in."""
    assert layout.place(PurePosixPath(name), SPLITS, ("cat", "dog")) == place


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("dog/1.png", ("all", 1)),
        ("a/b/cat/1.webp", ("all", 0)),
        ("cat/LICENSE.txt", KINDS),
        ("a/zebra/1.png", ZEBRA),
        ("1.png", "lies in no class"),
        ("cat/more/1.png", "lies deeper than its class"),
        ("cat/more/notes.txt", "lies deeper than its class"),
        ("LICENSE.txt", None),
        ("a/LICENSE.txt", None),
        ("zebra/1.gif", None),
    ],
)
def test_a_place_without_splits(name: str, place: tuple[str, int] | str | None) -> None:
    """The last folder says the class."""
    assert layout.place(PurePosixPath(name), {}, ("cat", "dog")) == place


def test_what_systems_leave_behind_is_hidden() -> None:
    """And nothing else."""
    assert [*map(layout.hidden, (".DS_Store", "__MACOSX", "Thumbs.db", "desktop.ini"))] == [True] * 4
    assert not any(map(layout.hidden, ("cat", "a.png", "thumbs", "_")))
