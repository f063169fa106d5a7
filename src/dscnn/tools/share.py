"""`make push` and `make pull`: everything that was made here, to and from the DVC remote of a team.

`dvc push --run-cache` takes the records of all runs, but the outputs of this branch's experiment alone. A record
without its outputs spares nobody a training. So here the outputs of every record go with it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dvc.exceptions import CollectCacheError, DvcException
from dvc.repo import Repo

from dscnn.core.stage import Problem, run


def outputs(repo: Repo) -> Iterator[set[Any]]:
    """Yield, for each run that DVC has a record of, the hashes of its outputs."""
    for record in Path(repo.stage_cache.cache_dir).glob("*/*/*"):
        try:
            used = repo.stage_cache.get_used_objs([(record.parent.name, record.name)])
        except CollectCacheError:  # the list of files of an output that is a folder is not here
            continue
        yield set().union(*used.values())


def push(repo: Repo) -> int:
    """Copy the outputs of every branch and every run to the remote, then the records; return the number of new outputs.

    DVC copies all records each time, so they do not count.
    """
    sent: int = repo.push(all_branches=True)
    here = repo.cache.local.exists
    whole = [objects for objects in outputs(repo) if all(here(each.value) for each in objects)]
    sent += len(repo.cloud.push(set().union(*whole)).transferred)
    repo.stage_cache.push(None)
    return sent


def pull(repo: Repo) -> int:
    """Copy records and outputs from the remote, and lay out those of this experiment; return the number of new outputs.

    What the remote lacks is left out: `dvc repro` makes it.
    """
    repo.stage_cache.pull(None)
    got: int = repo.fetch()
    got += len(repo.cloud.pull(set().union(*outputs(repo))).transferred)
    repo.checkout(allow_missing=True)
    return got


def main(direction: str) -> None:
    """Push or pull; raises `Problem` when there is no remote, or it does not answer."""
    try:
        count = {"push": push, "pull": pull}[direction](Repo("."))
    except DvcException as error:
        raise Problem(str(error)) from error
    print(f"{direction}: {count} new files")


if __name__ == "__main__":
    run(main)
