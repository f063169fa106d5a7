"""Files that other stages wrote, and that a person may have changed since."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dscnn.core.stage import Problem

WRONG = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError, ZeroDivisionError)


@contextmanager
def readable(*paths: Path) -> Iterator[None]:
    """Turn what reading `paths` raises, when they are not what their stage writes, into a `Problem` that names them."""
    try:
        yield
    except FileNotFoundError as error:
        raise Problem(f"{error.filename} is missing: 'dvc repro' makes it") from None
    except WRONG as error:
        which, what = " or ".join(map(str, paths)), f"{type(error).__name__}: {error}"
        raise Problem(
            f"{which}: not what its stage writes ({what}). 'dvc status' names changed files, and 'dvc checkout --force'"
            " restores them; if it names none, this is an error of dscnn"
        ) from error
