"""The arms of the experiment, several at once: which are to be computed, by whom, and what came of them."""

import logging
import subprocess
import sys
from collections.abc import Sequence
from itertools import product
from typing import Any

from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc_data.hashfile.hash_info import HashInfo

from dscnn.cluster import head, machines, repository
from dscnn.core.stage import Problem, printable
from dscnn.experiment import params

ARMS = ("train", "evaluate")  # DVC knows all stages of a matrix by its name; a thousand names would take it long


def upstream() -> list[str]:
    """Return the stages that are run before the arms."""
    return ["params", *(f"prepare@{name}" for name in params.load().datasets)]


def due() -> list[head.Task]:
    """Return the arms of which DVC would run a stage, in the order of params.yaml; what is upstream is done.

    The evaluation of weights that DVC takes from its run cache is left to DVC: they are not laid out yet.
    """
    settings = params.load()
    axes = (settings.datasets, settings.widths, settings.architectures, settings.seeds)
    tasks = [head.Task("-".join(map(str, arm)), ("params", f"prepare@{arm[0]}")) for arm in product(*axes)]
    with repository.opened() as repo:
        changed = repo.status(targets=[*ARMS])
        of = {stage.addressing: stage for name in ARMS for stage in repo.stage.collect(name)}
        first = {task: next((name for name in task.stages if name in changed), None) for task in tasks}
        return [task for task, name in first.items() if name and not in_run_cache(repo, of[name])]


def in_run_cache(repo: Repo, stage: Any) -> bool:
    """Whether DVC would take what `stage` makes of its present inputs from the run cache.

    `dvc repro --dry` does not tell: it looks for the inputs, and before them for the outputs, that dvc.lock has.
    """
    said = logging.getLogger("dvc")
    level = said.level
    said.setLevel(logging.WARNING)  # else it says that it lays out what it does not
    try:
        stage.save_deps()  # in this object alone
        for out in stage.outs:
            out.hash_info = HashInfo()
        repo.stage_cache.restore(stage, dry=True)
    except DvcException:  # it is not there, or an input is missing
        return False
    finally:
        said.setLevel(level)
    return True


def compute(jobs: int, cluster: str) -> dict[str, str]:
    """Compute the arms that are due; return what was said of those that failed, by name."""
    # what was made for a head that was stopped, noted or not; what is in no cache is computed
    fetched = [["fetch", "--run-cache", *ARMS]] if cluster else []
    for words in [*fetched, ["checkout", "--allow-missing", *ARMS]]:
        subprocess.run([sys.executable, "-m", "dvc", *words], capture_output=True, check=False)
    tasks = due()
    if not tasks:
        return {}
    if cluster:
        dvc(["push", *upstream()], "CLUSTER: workers take the images from the DVC remote (docs/team.md)")
    with head.connected(jobs, cluster) as client:
        known_as = head.brought(client, jobs)
        workers = machines.agreed(client, upstream(), known_as) if cluster else machines.of_this_machine()
        failures = head.compute(client, tasks, workers, known_as)
    if cluster:
        dvc(["fetch", "--run-cache", *ARMS], "CLUSTER: what the workers made cannot be fetched from the DVC remote")
    # all at once: 'dvc repro' would write dvc.lock anew for each; by force, as it removes what no cache has
    dvc(["checkout", "--allow-missing", "--force", *ARMS], "what the workers made cannot be taken from DVC's cache")
    return failures


def dvc(words: Sequence[str], failed: str) -> str:
    """Run DVC and return what it said; raises `Problem` with `failed` and DVC's own words."""
    done = subprocess.run([sys.executable, "-m", "dvc", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Problem(f"{failed}: {printable(done.stderr.strip())}")
    return done.stdout
