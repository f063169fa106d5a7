"""What a `dvc repro` that failed left undone: stages that are out of date, and those after them.

Their results are of an earlier experiment, so no report may be made of them. DVC's cache keeps them.
"""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from dvc.repo import Repo
from dvc.repo.reproduce import plan_repro


def stages(repo: Repo, absent: Collection[str]) -> list[Any]:
    """Return the stages left undone; a folder that is known to be `absent` leaves none undone."""
    folders = {Path(folder).resolve() for folder in absent}
    changed = {name for name, what in repo.status().items() if not away(what, folders)}
    first = [stage for stage in repo.index.stages if stage.addressing in changed]
    return list(plan_repro(repo.index.graph, first, downstream=True)) if first else []


def away(what: list[Any], folders: Collection[Path]) -> bool:
    """Whether all that DVC says of a stage is that one of `folders` is deleted; DVC has its own way to write a path."""
    match what:
        case [{"changed deps": dict(deps), **others}] if not others:
            return all(how == "deleted" and Path(path).resolve() in folders for path, how in deps.items())
    return False


def remove(undone: Collection[Any]) -> None:
    """Remove what `undone` stages have in metrics/; the folders stay, since DVC takes a missing one for an error."""
    for path in (Path(os.path.relpath(out.fs_path)) for stage in undone for out in stage.outs):
        if path.is_relative_to("metrics"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
