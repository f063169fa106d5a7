"""Files that are written whole or not at all, and read with a clear word when they cannot be."""

import csv
import errno
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import filelock
import numpy as np

from dscnn.core.stage import Problem

NO_DAMAGE = {errno.EACCES, errno.EIO, errno.EMFILE, errno.ENOMEM}  # a file that cannot be read may be a good one


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Give an error of the operating system that names no file, such as a full disk, the name of `path`."""
    try:
        yield
    except OSError as error:
        if type(error).__module__ == "builtins" and error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file that takes the place of `path` when the block ends without an error.

    Until then `path` is untouched, so a kill or a full disk leaves the old file or none.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with named(path), part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path, busy: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file `path`; the operating system frees it when the process ends, however that ends.

    If another process holds it, `busy` is called: it may raise an error, or else the lock is waited for.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        busy()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def significant(value: float) -> float:
    """Return `value` with four digits, as many as a measurement is worth in a file."""
    return float(f"{value:.4g}")


def write_text(path: Path, text: str) -> None:
    with whole(path) as file:
        file.write(text.encode())


def write_json(path: Path, value: object) -> None:
    """Write `value` indented, keys in the order given; NaN and infinity are refused."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in `path`; a missing or broken file is a `Problem`."""
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise Problem(f"{path} is missing: 'dvc repro' makes it") from None
    except ValueError as error:
        raise Problem(f"{path} is not JSON ({error}): remove it, 'dvc repro' makes it") from None
    if not isinstance(value, dict):
        raise Problem(f"{path} holds a {type(value).__name__}, not an object: remove it, 'dvc repro' makes it")
    return value


def write_csv(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write `rows`, which share their keys, with a header line; floats as Python repeats them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write an .npz without pickle or dates: the same arrays give the same bytes."""
    with whole(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of an .npz; a missing or broken file is a `Problem`, too little memory or a bad disk is not."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except FileNotFoundError:
        raise Problem(f"{path} is missing: 'dvc repro' makes it") from None
    except Exception as error:  # zipfile, zlib and NumPy each raise their own on a damaged file
        if isinstance(error, MemoryError) or getattr(error, "errno", None) in NO_DAMAGE:
            raise
        raise Problem(f"{path} is damaged ({error}): remove it, 'dvc repro' makes it") from None


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
