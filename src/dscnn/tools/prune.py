"""`make prune`: list, then remove what params.yaml no longer names: files of removed arms, and their lock entries.

DVC never removes them by itself. What is in its cache comes back with the value.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.scm import SCMError

from dscnn.cluster import lock
from dscnn.core.stage import Problem, run
from dscnn.tools.alone import alone

FOLDERS = ("data", "metrics", "models", "plots")


class Left(NamedTuple):
    """What no stage of the present params.yaml makes."""

    files: list[Path]
    entries: list[str]  # of dvc.lock


def left() -> Left:
    """Return what would be removed; raises `Problem` when DVC cannot read dvc.yaml with this params.yaml."""
    try:
        with Repo(".") as repo:
            stages = repo.index.stages
    except SCMError as error:
        raise Problem(f"{error}, which DVC needs: clone the project, or 'git init' makes it one") from error
    except DvcException as error:
        raise Problem(f"{error}: 'make repro' says what is wrong in params.yaml") from error
    outs = {Path(os.path.relpath(out.fs_path)) for stage in stages for out in stage.outs}
    in_git = subprocess.run(["git", "ls-files", "-z", *FOLDERS], capture_output=True, text=True, check=True).stdout
    kept = outs | {Path(name) for name in in_git.split("\0") if name}
    there = [path for folder in FOLDERS for path in Path(folder).rglob("*") if path.is_file() or path.is_symlink()]
    above = {folder for path in kept for folder in path.parents}  # a link there may lead to what is kept
    locked = lock.entries() if lock.PATH.exists() else {}
    return Left(
        sorted(path for path in there if path not in above and kept.isdisjoint((path, *path.parents))),
        sorted(set(locked) - {stage.addressing for stage in stages}),
    )


def remove(found: Left) -> None:
    """Remove the files, the folders that they leave empty, and the entries."""
    for path in found.files:
        path.unlink()
        for folder in path.parents[:-2]:  # but never data, metrics, models or plots
            if any(folder.iterdir()):
                break
            folder.rmdir()
    if found.entries:
        lock.write(lock.PATH, {name: own for name, own in lock.entries().items() if name not in found.entries})


def main(force: str) -> None:
    """List what is left of earlier experiments, and remove it once a person says so, or if `force` is 1."""
    with alone():
        listed(force)


def listed(force: str) -> None:
    """Do what `main` does, for a command that is alone already."""
    found = left()
    if not found.files and not found.entries:
        return print("params.yaml names everything that is here; nothing to remove")
    for path in found.files:
        print(path)
    for entry in found.entries:
        print(f"{lock.PATH}: {entry}")
    size = sum(path.lstat().st_size for path in found.files)
    print(f"{len(found.files)} files ({size / 1e6:.1f} MB) and {len(found.entries)} entries of {lock.PATH}")
    if force != "1":
        if not sys.stdin.isatty():
            return print("nothing was removed: 'make prune FORCE=1' does it without asking")
        if input("Remove them? [y/N] ").strip().lower() not in ("y", "yes"):
            return print("nothing was removed")
    remove(found)
    print("removed; what DVC's cache has comes back when params.yaml names it again")


if __name__ == "__main__":
    run(main)
