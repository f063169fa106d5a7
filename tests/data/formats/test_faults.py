from pathlib import Path, PurePosixPath

import pytest

from dscnn.core.stage import Problem
from dscnn.data.formats.faults import Faults

NAMES = [PurePosixPath(name) for name in ("top/train/cat/more/1.png", "top/val/cat/1.png", "train/cat/more/2.png")]


@pytest.mark.parametrize(
    ("root", "found"),
    [
        ("top", ["top/train/cat/more/1.png"]),
        (".", ["train/cat/more/2.png"]),
        ("other", []),
        (None, ["top/train/cat/more/1.png", "train/cat/more/2.png"]),
    ],
)
def test_what_lies_in_a_split_but_in_no_class_is_a_fault(root: str | None, found: list[str]) -> None:
    """A split is one of the folder that the images lie in; where none does, any that is called so."""
    faults = Faults()
    faults.elsewhere += NAMES
    faults.settle(None if root is None else PurePosixPath(root), ("train", "test"))
    assert faults.found == [f"{name}: lies in a split, but not in <split>/<class>/" for name in found]
    assert [*map(str, faults.elsewhere)] == [str(name) for name in NAMES if str(name) not in found]


@pytest.mark.parametrize(
    ("name", "splits", "said"),
    [
        ("top/train/1.png", ("train", "test"), "lies in a split, but not in <split>/<class>/"),
        ("top/train/cat/more/notes.txt", ("train", "test"), "lies in a split, but not in <split>/<class>/"),
        ("top/train/zebra/1.gif", ("train", "test"), "'zebra' is not among the classes in datasets.yaml"),
        ("top/zebra/1.gif", (), "'zebra' is not among the classes in datasets.yaml"),
        ("top/train/README", ("train", "test"), None),
        ("top/LICENSE.txt", ("train", "test"), None),
        ("top/LICENSE.txt", (), None),
        ("README", (), None),
        ("other/more/notes.txt", (), None),
    ],
)
def test_only_above_the_classes_may_lie_what_is_no_image(
    name: str, splits: tuple[str, ...], said: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """A licence there is neither a fault nor worth a line; images of a kind that is not read may be a class."""
    faults = Faults()
    faults.elsewhere.append(PurePosixPath(name))
    faults.settle(PurePosixPath("top"), splits)
    assert faults.found == ([f"{name}: {said}"] if said else [])
    faults.found.clear()
    faults.raise_or_print(Path("photos"))
    assert capsys.readouterr().out == ""


def test_faults_come_before_what_was_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    """In the order of their paths; what is in no split is said only where all else is right."""
    faults = Faults()
    faults.elsewhere += NAMES[1:2] * 2
    faults.raise_or_print(Path("photos"))
    assert capsys.readouterr().out == "not read: 2 files in top/val, which is neither split of datasets.yaml\n"
    faults.found += ["b: empty", "a: empty"]
    with pytest.raises(Problem, match=r"^photos: 2 of its files cannot be used:\n  a: empty\n  b: empty$"):
        faults.raise_or_print(Path("photos"))
    assert capsys.readouterr().out == ""
