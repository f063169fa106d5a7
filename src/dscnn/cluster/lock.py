"""dvc.lock: what DVC knows of each stage."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from dvc.utils.serialize import dumps_yaml, load_yaml

from dscnn.core import files
from dscnn.core.stage import Problem

PATH = Path("dvc.lock")
Entries = dict[str, Any]


def entries(path: Path = PATH) -> Entries:
    """Return the stages of a dvc.lock; an empty one has none."""
    try:
        return dict((load_yaml(str(path)) or {}).get("stages") or {})
    except Exception as error:
        raise Problem(f"{path} is no dvc.lock ({error}): 'git checkout dvc.lock' restores it") from error


class Notes:
    """Entries on their way into dvc.lock, in the place of earlier ones of those stages; all others stay as they are.

    A lock file of a thousand arms takes seconds to write. So it is written whenever that takes a small share of the
    time, and at the end of the `with` block. Who is killed before finds the arms with the scheduler or in the run
    cache.
    """

    SHARE = 0.05  # of the time since the last writing, at most, is spent on one

    def __init__(self) -> None:
        entries()  # a file that cannot be read is a problem at once
        self._found: Entries = {}
        self._written, self._writing = time.perf_counter(), 0.0

    def add(self, found: Entries) -> None:
        self._found |= found
        if self._writing <= self.SHARE * (time.perf_counter() - self._written):
            with suppress(Problem):  # another process may be writing it; the next time will do
                self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def flush(self) -> None:
        start = time.perf_counter()
        write(PATH, entries() | self._found)
        self._written = time.perf_counter()
        self._writing = self._written - start


def write(path: Path, stages: Entries) -> None:
    """Write a dvc.lock, whole or not at all."""
    files.write_text(path, dumps_yaml({"schema": "2.0", "stages": stages}))
