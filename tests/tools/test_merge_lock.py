import itertools
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from dscnn.core.stage import Problem
from dscnn.tools import merge_lock

ONE, TWO, THREE = ({"cmd": f"run {name}", "outs": [{"path": name, "md5": name}]} for name in ("one", "two", "three"))


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "kept"),
    [
        (ONE, ONE, ONE, ONE),
        (ONE, TWO, ONE, TWO),
        (ONE, ONE, TWO, TWO),
        (ONE, TWO, TWO, TWO),
        (ONE, TWO, THREE, "left out"),
        (None, ONE, None, ONE),
        (None, None, ONE, ONE),
        (None, ONE, ONE, ONE),
        (None, ONE, TWO, "left out"),
        (ONE, None, ONE, None),
        (ONE, ONE, None, None),
        (ONE, None, None, None),
        (ONE, None, TWO, "left out"),
        (ONE, TWO, None, "left out"),
    ],
)
def test_an_entry_is_that_of_the_branch_that_changed_it(base: Any, ours: Any, theirs: Any, kept: Any) -> None:
    """Added, changed or removed; what both changed differently is left out, and named."""
    sides = [{"train": each} if each else {} for each in (base, ours, theirs)]
    expected = ({}, ["train"]) if kept == "left out" else ({"train": kept} if kept else {}, [])
    assert merge_lock.merged(*sides) == expected


def test_the_sides_are_equal_but_for_the_order() -> None:
    """Of any three lock files, whichever branch is merged into the other."""
    chance = random.Random(1)
    for _ in range(200):
        base, ours, theirs = ({name: chance.choice((1, 2)) for name in chance.sample("abcde", 3)} for _ in range(3))
        assert merge_lock.merged(base, ours, ours) == (ours, [])
        one, other = merge_lock.merged(base, ours, theirs), merge_lock.merged(base, theirs, ours)
        assert one[0] == other[0]
        assert sorted(one[1]) == sorted(other[1])
        assert not set(one[0]) & set(one[1])


@pytest.fixture
def lock(tmp_path: Path) -> list[str]:
    """Three lock files, as Git gives them: base, ours and theirs."""
    own = ({"a": ONE, "b": ONE}, {"a": TWO, "b": ONE}, {"b": TWO, "a": ONE, "c": ONE})
    paths = [tmp_path / name for name in ("base", "ours", "theirs")]
    for path, stages in zip(paths, own, strict=True):
        path.write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}, sort_keys=False))
    return [str(path) for path in paths]


def test_the_merged_file_is_written_over_ours(lock: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """It has DVC's schema, our order, and new entries at the end."""
    before = [Path(path).read_bytes() for path in lock]
    merge_lock.main(*lock)
    made = yaml.safe_load(Path(lock[1]).read_text())
    assert made == {"schema": "2.0", "stages": {"a": TWO, "b": TWO, "c": ONE}}
    assert list(made["stages"]) == ["a", "b", "c"]
    assert [Path(path).read_bytes() for path in lock[::2]] == before[::2]
    assert capsys.readouterr().out == ""


def test_what_both_changed_is_counted(lock: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The line says what settles it."""
    Path(lock[0]).write_text("")  # the lock file is new in both branches
    merge_lock.main(*lock)
    assert yaml.safe_load(Path(lock[1]).read_text())["stages"] == {"c": ONE}
    assert capsys.readouterr().out == "dvc.lock: both branches changed 2 stages; 'make repro' settles them\n"


@pytest.mark.parametrize("content", ["", "schema: '2.0'\n", "schema: '2.0'\nstages:\n"])
def test_a_file_without_stages_has_none(lock: list[str], content: str) -> None:
    """The other branch's are then all new, or all removed."""
    for path in (lock[0], lock[1]):
        Path(path).write_text(content)
    merge_lock.main(*lock)
    assert yaml.safe_load(Path(lock[1]).read_text())["stages"] == {"b": TWO, "a": ONE, "c": ONE}


MARKED = "schema: '2.0'\nstages:\n<<<<<<< ours\n  a: {cmd: x}\n=======\n  a: {cmd: y}\n>>>>>>> theirs\n"
BAD = [MARKED, "- a\n", "stages: 3\n", "a: [", "\0"]


@pytest.mark.parametrize(("side", "content"), [*itertools.product(range(3), BAD)])
def test_what_is_no_lock_file_is_a_problem(lock: list[str], side: int, content: str) -> None:
    """One with marks of an earlier conflict, say; ours stays as it was, and Git leaves the file to a person."""
    Path(lock[side]).write_text(content)
    before = Path(lock[1]).read_bytes()
    with pytest.raises(Problem, match=rf"^{lock[side]} is no dvc\.lock \("):
        merge_lock.main(*lock)
    assert Path(lock[1]).read_bytes() == before
