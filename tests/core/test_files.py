import contextlib
import errno
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from dscnn.core import files
from dscnn.core.stage import Problem


def test_a_finished_block_replaces_the_file(tmp_path: Path) -> None:
    """Folders are made, the old content goes, nothing else stays behind."""
    path = tmp_path / "new" / "file"
    before = os.umask(0o022)
    try:
        files.write_text(path, "old")
        files.write_text(path, "new")
    finally:
        os.umask(before)
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o644


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    """Half a file is never seen."""
    path = tmp_path / "file"
    path.write_text("old")
    with contextlib.suppress(RuntimeError), files.whole(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operating system names no file when a write fails: ours is named."""
    path = tmp_path / "file"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as error:
        files.write_text(path, "new")
    assert error.value.filename == str(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_of_another_kind_keeps_its_words(tmp_path: Path) -> None:
    """Libraries raise OSError without a number, too, of files that they read while this one is written."""

    def write() -> None:
        with files.whole(tmp_path / "file"):
            raise OSError("unexpected end of data")

    with pytest.raises(OSError, match=r"^unexpected end of data$"):
        write()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file stands where a folder should be."""
    (tmp_path / "models").write_text("")
    with pytest.raises(OSError, match="models") as error:
        files.write_text(tmp_path / "models" / "file", "new")
    assert error.value.filename is not None


def test_a_lock_that_is_held_is_refused(tmp_path: Path) -> None:
    """The error that `busy` raises comes out; a lock that is free again is taken, and another one always was."""
    path, free = tmp_path / "new" / "one.lock", tmp_path / "other.lock"

    def busy() -> None:
        raise Problem("held")

    with files.locked(path, busy), files.locked(free, busy), pytest.raises(Problem, match="held"):
        files.locked(path, busy).__enter__()
    with contextlib.suppress(RuntimeError), files.locked(path, busy):
        raise RuntimeError
    with files.locked(path, busy):
        assert path.exists()


def test_a_lock_that_is_held_is_waited_for(tmp_path: Path) -> None:
    """If `busy` raises nothing: it is called once, and the block begins when the other one has ended."""
    events: list[str] = []
    waiting = threading.Event()

    def busy() -> None:
        events.append("busy")
        waiting.set()

    def second() -> None:
        with files.locked(tmp_path / "lock", busy):
            events.append("second")

    with files.locked(tmp_path / "lock", busy):
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(60)
        events.append("first ends")
    thread.join(60)
    assert events == ["busy", "first ends", "second"]


@pytest.mark.parametrize(
    ("value", "rounded"), [(123456.0, 123500.0), (0.00123449, 0.001234), (-2.0, -2.0), (0.0, 0.0), (7, 7.0)]
)
def test_significant_digits_by_hand(value: float, rounded: float) -> None:
    """A number keeps four of them, whatever its size."""
    assert files.significant(value) == rounded


def test_json_comes_back(tmp_path: Path) -> None:
    """Keys keep their order, and the file ends in a newline."""
    path = tmp_path / "file.json"
    files.write_json(path, {"b": 1, "a": [1.5]})
    assert path.read_text().endswith("}\n")
    assert list(files.read_json(path).items()) == [("b", 1), ("a", [1.5])]


def test_json_has_no_nan(tmp_path: Path) -> None:
    """NaN is not JSON, and no file is left."""
    with pytest.raises(ValueError, match="JSON compliant"):
        files.write_json(tmp_path / "file.json", {"loss": float("nan")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "is missing: 'dvc repro'"), ('{"a": ', "is not JSON"), ("[1]", "holds a list"), ("\xff", "is not JSON")],
)
def test_json_that_cannot_be_read_is_a_problem(tmp_path: Path, content: str | None, said: str) -> None:
    """The file is missing, cut short, of another kind, or not text."""
    path = tmp_path / "file.json"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    with pytest.raises(Problem, match=said) as problem:
        files.read_json(path)
    assert str(path) in str(problem.value)


def test_csv_has_a_header_and_exact_floats(tmp_path: Path) -> None:
    """The floats read back are the floats written."""
    path, value = tmp_path / "file.csv", 0.1 + 0.2
    files.write_csv(path, [{"epoch": 1, "loss": value}, {"epoch": 2, "loss": 1 / 3}])
    header, first, second = path.read_text().splitlines()
    assert header == "epoch,loss"
    assert [float(line.split(",")[1]) for line in (first, second)] == [value, 1 / 3]


def test_arrays_have_the_same_bytes_each_time(tmp_path: Path) -> None:
    """They hold no date, and what is read is what was written."""
    arrays = {"images": np.arange(12, dtype=np.uint8).reshape(3, 4), "labels": np.float32([0.5])}
    for name in ("first.npz", "second.npz"):
        files.write_arrays(tmp_path / name, arrays)
    assert files.sha256(tmp_path / "first.npz") == files.sha256(tmp_path / "second.npz")
    back = files.read_arrays(tmp_path / "first.npz")
    assert list(back) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array, strict=True)


def test_damaged_arrays_are_a_problem(tmp_path: Path) -> None:
    """They are cut short, changed, missing, or pickled objects, which are never executed."""
    path = tmp_path / "file.npz"
    files.write_arrays(path, {"images": np.arange(1000)})
    whole = path.read_bytes()
    for damaged in (whole[:-30], whole[:400] + b"\0" * 8 + whole[408:], b"", b"text"):
        path.write_bytes(damaged)
        with pytest.raises(Problem, match="damaged"):
            files.read_arrays(path)
    np.savez(path, images=np.array([{}], object))
    with pytest.raises(Problem, match="damaged"):
        files.read_arrays(path)
    path.unlink()
    with pytest.raises(Problem, match="missing"):
        files.read_arrays(path)


@pytest.mark.parametrize("error", [MemoryError("too large"), OSError(errno.EIO, os.strerror(errno.EIO))])
def test_what_cannot_be_read_now_is_not_called_damaged(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told to remove a file that may be good."""
    path = tmp_path / "file.npz"
    files.write_arrays(path, {"images": np.arange(10)})

    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(np, "load", fails)
    with pytest.raises(type(error), match=str(error.args[-1])):
        files.read_arrays(path)


def test_sha256_is_that_of_the_standard(tmp_path: Path) -> None:
    """FIPS 180-2 has this example in appendix B.1."""
    (tmp_path / "abc").write_bytes(b"abc")
    assert files.sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
