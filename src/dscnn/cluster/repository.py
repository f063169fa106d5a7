"""The pipeline as DVC has it."""

from collections.abc import Iterator
from contextlib import contextmanager

from dvc.exceptions import DvcException
from dvc.repo import Repo

from dscnn.core.stage import Problem


@contextmanager
def opened() -> Iterator[Repo]:
    """Open the pipeline of this folder; raises `Problem` in DVC's words when it cannot be read, or is in use."""
    try:
        with Repo(".") as repo:
            yield repo
    except DvcException as error:
        raise Problem(f"DVC: {error}; once that is mended, 'make repro' goes on") from error
