"""One command at a time: `make repro`, `record`, `prune` and `pull` change the same files. `push` reads them alone."""

from contextlib import AbstractContextManager
from pathlib import Path

from dscnn.core import files
from dscnn.core.stage import Problem

LOCK = Path(".state/repro.lock")


def busy() -> None:
    raise Problem(
        "another 'make repro', 'record', 'prune' or 'pull' runs here: wait for its end, or stop it; then the same"
        " command goes on"
    )


def alone() -> AbstractContextManager[None]:
    """Keep the other commands out of this folder within a `with` block; raises `Problem` when one runs here."""
    return files.locked(LOCK, busy)
