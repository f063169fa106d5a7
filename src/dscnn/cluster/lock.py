"""dvc.lock: what DVC knows of each stage."""

import time
from pathlib import Path
from typing import Any, Self

from dvc.utils.serialize import dump_yaml, load_yaml

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
    """Entries on their way into dvc.lock, in the place of earlier ones of those stages.

    A lock file of a thousand arms takes seconds to write. So it is written whenever that takes a small share of the
    time, and at the end of the `with` block. Who is killed before finds the arms with the scheduler or in the run
    cache.
    """

    SHARE = 0.05  # of the time since the last writing, at most, is spent on one

    def __init__(self) -> None:
        self._known = entries()
        self._written, self._writing = time.perf_counter(), 0.0

    def add(self, found: Entries) -> None:
        self._known |= found
        if self._writing <= self.SHARE * (time.perf_counter() - self._written):
            self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def flush(self) -> None:
        start = time.perf_counter()
        write(PATH, self._known)
        self._written = time.perf_counter()
        self._writing = self._written - start


def write(path: Path, stages: Entries) -> None:
    """Write a dvc.lock, whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    dump_yaml(str(part), {"schema": "2.0", "stages": stages})
    part.replace(path)
