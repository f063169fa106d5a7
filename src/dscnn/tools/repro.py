"""`make repro`: check params.yaml in plain words, then `dvc repro`. If a stage fails, the others go on.

Then the report is made of what is there, and names what is missing. With JOBS or CLUSTER the arms come first, several
at once (`dscnn.cluster`); what is left for `dvc repro` then is all but them.

Where a folder of images of the user's own is not on this machine, but the archive that was packed from it is (from a
shared cache, say), that archive stands for the folder.
"""

import resource
import sys
from collections.abc import Collection
from pathlib import Path

from dvc.repo.reproduce import plan_repro

from dscnn.cluster import repository
from dscnn.core.stage import Problem, run
from dscnn.experiment import params
from dscnn.stages.params import main as check_experiment
from dscnn.tools import unfinished
from dscnn.tools.alone import alone
from dscnn.tools.dvc_process import dvc, stoppable

MOST = 1024  # jobs on a machine
LEAST = 4_096_000_000  # bytes of address space, as in src/stage
REPORT = ["manifest", "compare", "report"]
FAILED = "'dvc repro' failed; its message is above"


def absent() -> dict[str, str]:
    """Return the folders of images that are not on this machine, by data set."""
    return {name: folder for name, folder in params.load().folders.items() if not Path(folder).is_dir()}


def commands() -> list[list[str]]:
    """Return the words after `dvc` of what runs, in order; says which archive stands for a folder that is not here."""
    missing = absent()
    for name, folder in missing.items():
        print(f"folders.{name}: {folder} is not on this machine; the archive packed from it stands for it")
    every = ["repro", "--keep-going"]
    # where what is missing is allowed to be, DVC would not look at this machine either, which no cache has
    return [["repro", "machine"], [*every, "--allow-missing"]] if missing else [every]


def allowed() -> list[str]:
    """Return the option of DVC without which a folder that is not here would be an error, if one is not here."""
    return ["--allow-missing"] if absent() else []


def enough_memory() -> None:
    """Raise `Problem` where a limit keeps TensorFlow from being loaded: DVC would first remove outputs."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < LEAST:
        raise Problem(
            f"this shell allows {limit / 1e9:.1f} GB of address space ('ulimit -v'), and TensorFlow alone takes some:"
            f" at least {LEAST / 1e9:.0f} GB are needed; 'ulimit -v unlimited' lifts the limit"
        )


def count(jobs: str) -> int:
    """Return JOBS as a number; 0 where it is not given."""
    if jobs and not (jobs.isdecimal() and 0 < int(jobs) <= MOST):
        raise Problem(f"JOBS: {jobs}, should be a number from 1 to {MOST}")
    return int(jobs or 0)


def report_the_rest() -> bool:
    """Make the report of what is there and return whether there is one; none without an arm that was scored."""
    with repository.opened() as repo:
        undone = unfinished.stages(repo, absent().values())
        measuring = [stage for stage in undone if stage.addressing not in REPORT]
        scored = [stage for stage in repo.index.stages if stage.addressing.startswith("evaluate@")]
    if not measuring or not set(scored) - set(measuring):
        return False
    unfinished.remove(measuring)
    return dvc(["repro", "--single-item", *REPORT])


def arms_first(jobs: int, cluster: str) -> dict[str, str]:
    """Train and evaluate the arms, several at once; return what was said of those that failed, by name."""
    from dscnn.cluster import arms  # with Dask, which takes a second

    if not dvc(["repro", *arms.upstream(), *allowed()]):
        raise Problem(FAILED)
    return arms.compute(jobs, cluster)


def everything() -> bool:
    """Run all that changed; return whether that succeeded."""
    succeeded = True
    for words in commands():
        succeeded = dvc(words) and succeeded
    return succeeded


def the_others(failures: Collection[str]) -> bool:
    """Run all that does not depend on the arms `failures`; return whether that succeeded."""
    with repository.opened() as repo:
        every = list(plan_repro(repo.index.graph))
        first = [stage for stage in every if stage.addressing.removeprefix("train@") in failures]
        after = set(plan_repro(repo.index.graph, first, downstream=True))
    names = [each.addressing for each in every if each not in after]
    succeeded = True
    if absent():  # as in commands()
        succeeded = dvc(["repro", "--single-item", "machine"])
        names.remove("machine")
    return dvc(["repro", "--single-item", "--keep-going", *allowed(), *names]) and succeeded


def failed(arms: Collection[str], others: bool) -> str:
    """Return what is said at the end when `arms` failed, none or some, and whether `others` did."""
    if not arms:
        return FAILED
    said = f"{len(arms)} arm{'' if len(arms) == 1 else 's'} failed ({', '.join(arms)})"
    return f"{said}, and so did other stages, whose messages are above" if others else said


def main(jobs: str = "", cluster: str = "") -> None:
    """Run what changed of the experiment, with no other command beside it; raises `Problem` when a stage failed."""
    with alone():
        reproduce(jobs, cluster)


def reproduce(jobs: str = "", cluster: str = "") -> None:
    """Do what `main` does, for a command that is alone already."""
    enough_memory()
    with stoppable():
        check_experiment()
        experiment(jobs, cluster)


def experiment(jobs: str, cluster: str) -> None:
    """Run the arms by JOBS or CLUSTER, if given, and the rest; raises `Problem` when a stage failed."""
    if jobs and cluster:
        raise Problem("JOBS and CLUSTER: give one of them; a cluster has as many jobs as workers")
    failures = arms_first(count(jobs), cluster) if jobs or cluster else {}
    for said in failures.values():
        print(said, file=sys.stderr)
    succeeded = the_others(failures) if failures else everything()
    if succeeded and not failures:
        return
    which = failed(failures, others=not succeeded)
    if not report_the_rest():
        raise Problem(which)
    raise Problem(
        f"{which}. metrics/report.md has the rest, and names what is missing; 'make repro' takes up what is missing"
    )


if __name__ == "__main__":
    run(main)
