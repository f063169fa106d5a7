"""`make push` and `make pull`: everything that was made here, to and from the DVC remote of a team.

`dvc push --run-cache` takes the records of all runs, but the outputs of this branch's experiment alone. A record
without its outputs spares nobody a training. So here the outputs of every record go with it.
"""

from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from dvc.exceptions import CollectCacheError, DvcException
from dvc.repo import Repo
from dvc.utils.serialize import ParseError
from dvc_data.hashfile.transfer import TransferResult
from dvc_objects.errors import ObjectFormatError

from dscnn.core.stage import Problem, run
from dscnn.tools.alone import alone


def outputs(repo: Repo) -> Iterator[set[Any]]:
    """Yield, for each run that DVC has a record of, the hashes of its outputs."""
    for record in Path(repo.stage_cache.cache_dir).glob("*/*/*"):
        try:
            used = repo.stage_cache.get_used_objs([(record.parent.name, record.name)])
        except CollectCacheError:  # the list of files of an output that is a folder is not here
            continue
        except ParseError:  # DVC itself removes a record that is text and no YAML
            print(f"{record} is damaged, and removed")
            record.unlink()
            continue
        yield set().union(*used.values())


def transferred(direction: str, result: TransferResult) -> int:
    """Return how many files were copied; raises `Problem` when some could not be."""
    if result.failed:
        raise Problem(
            f"{direction}: {len(result.failed)} of {len(result.failed) + len(result.transferred)} files could not be"
            f" copied; DVC says why above. 'make {direction}' tries again"
        )
    return len(result.transferred)


def push(repo: Repo) -> int:
    """Copy the outputs of every branch and every run to the remote, then the records; return the number of new outputs.

    DVC copies all records each time, so they do not count.
    """
    sent: int = repo.push(all_branches=True)
    here = repo.cache.local.exists
    whole = [objects for objects in outputs(repo) if all(here(each.value) for each in objects)]
    sent += transferred("push", repo.cloud.push(set().union(*whole)))
    repo.stage_cache.push(None)
    return sent


def pull(repo: Repo) -> int:
    """Copy records and outputs from the remote, and lay out those of this experiment; return the number of new outputs.

    What the remote lacks is left out: `dvc repro` makes it.
    """
    repo.stage_cache.pull(None)
    got: int = repo.fetch()
    got += transferred("pull", repo.cloud.pull(set().union(*outputs(repo))))
    for folder in Path(repo.stage_cache.cache_dir).glob("*/*"):
        with suppress(OSError):
            folder.rmdir()  # if it is empty, its records were damaged; DVC fails at such a folder
    repo.checkout(allow_missing=True)
    return got


def main(direction: str) -> None:
    """Push or pull; raises `Problem` when there is no remote, or it does not answer."""
    try:
        with nullcontext() if direction == "push" else alone(), Repo(".") as repo:
            # what comes is compared with its hash: by itself DVC takes a remote's word for it
            verify = {"remote": {name: {"verify": True} for name in repo.config["remote"]}}
            with Repo(".", config=verify) as verified:
                count = {"push": push, "pull": pull}[direction](verified)
    except (DvcException, ObjectFormatError) as error:
        raise Problem(str(error)) from error
    print(f"{direction}: {count} new files")


if __name__ == "__main__":
    run(main)
