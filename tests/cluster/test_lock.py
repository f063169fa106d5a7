from pathlib import Path

import pytest
import yaml

from dscnn.cluster import lock
from dscnn.core.stage import Problem

ONE, OTHER = {"cmd": "one"}, {"cmd": "other"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_entries_are_added_in_the_place_of_earlier_ones() -> None:
    """New ones come last; DVC's schema is kept, and no other file is left."""
    lock.write(lock.PATH, {"a": ONE, "b": ONE})
    lock.Notes().add({"a": OTHER, "c": OTHER})
    made = yaml.safe_load(Path("dvc.lock").read_text())
    assert made == {"schema": "2.0", "stages": {"a": OTHER, "b": ONE, "c": OTHER}}
    assert list(made["stages"]) == ["a", "b", "c"]
    assert [path.name for path in Path().iterdir()] == ["dvc.lock"]


def test_writing_takes_a_small_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing that takes 1 s is done again 20 s later, not before; the end writes what is left."""
    now, written = [0.0], list[int]()

    def write(path: Path, stages: lock.Entries) -> None:
        now[0] += 1
        written.append(len(stages))

    lock.write(lock.PATH, {})
    monkeypatch.setattr(lock, "write", write)
    monkeypatch.setattr(lock.time, "perf_counter", lambda: now[0])
    with lock.Notes() as notes:
        for number in range(1, 10):
            now[0] += 7
            notes.add({str(number): ONE})
        assert written == [1, 4, 7]
    assert written == [1, 4, 7, 9]


@pytest.mark.parametrize("content", ["", "schema: '2.0'\n", "schema: '2.0'\nstages:\n"])
def test_a_file_without_stages_has_no_entries(content: str) -> None:
    """As Git gives for one that was not there."""
    lock.PATH.write_text(content)
    assert lock.entries() == {}


def test_what_is_no_lock_file_is_a_problem() -> None:
    """It stays as it was."""
    lock.PATH.write_text("<<<<<<< ours\n")
    with pytest.raises(Problem, match=r"^dvc\.lock is no dvc\.lock \(.*'git checkout dvc\.lock' restores it$"):
        lock.Notes()
    assert lock.PATH.read_text() == "<<<<<<< ours\n"
