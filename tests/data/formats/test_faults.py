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
def test_what_lies_too_deep_in_a_split_is_a_fault(root: str | None, found: list[str]) -> None:
    """A split is one of the folder that the images lie in; where none does, any that is called so."""
    faults = Faults()
    faults.elsewhere += NAMES
    faults.sort(None if root is None else PurePosixPath(root), ("train", "test"))
    assert faults.found == [f"{name}: lies deeper than its split and class" for name in found]
    assert [*map(str, faults.elsewhere)] == [str(name) for name in NAMES if str(name) not in found]


def test_faults_come_before_what_was_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    """In the order of their paths; what is in no split is said only where all else is right."""
    faults = Faults()
    faults.elsewhere += NAMES[1:2] * 2
    faults.say(Path("photos"))
    assert capsys.readouterr().out == "not read: 2 files in top/val, which is neither split of datasets.yaml\n"
    faults.found += ["b: empty", "a: empty"]
    with pytest.raises(Problem, match=r"^photos: 2 of its files cannot be used:\n  a: empty\n  b: empty$"):
        faults.say(Path("photos"))
    assert capsys.readouterr().out == ""
