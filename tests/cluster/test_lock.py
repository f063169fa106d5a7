import os
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


def test_what_others_note_meanwhile_stays() -> None:
    """Another process runs other stages: what it writes, changes and removes is kept."""
    lock.write(lock.PATH, {"a": ONE, "b": ONE, "gone": ONE})
    with lock.Notes() as notes:
        notes.add({"a": OTHER})
        lock.write(lock.PATH, {"a": ONE, "b": OTHER, "theirs": ONE})
        notes.add({"c": ONE})
    assert lock.entries() == {"a": OTHER, "b": OTHER, "theirs": ONE, "c": ONE}


def test_a_file_that_another_process_writes_just_now_is_written_later() -> None:
    """Nothing that was found is lost."""
    lock.write(lock.PATH, {"a": ONE})
    with lock.Notes() as notes:
        lock.PATH.write_text("schema: '2.0'\nstages: {a")
        notes.add({"c": OTHER})
        assert lock.PATH.read_text() == "schema: '2.0'\nstages: {a"
        lock.write(lock.PATH, {"b": ONE})
    assert lock.entries() == {"b": ONE, "c": OTHER}


def test_a_disk_that_is_full_leaves_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is written whole, or not at all."""
    lock.write(lock.PATH, {"a": ONE})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        lock.write(lock.PATH, {"a": OTHER})
    assert lock.entries() == {"a": ONE}
    assert [path.name for path in Path().iterdir()] == ["dvc.lock"]


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
