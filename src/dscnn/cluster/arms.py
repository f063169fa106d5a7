"""The arms of the experiment, several at once: which are to be computed, by whom, and what came of them."""

import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import product

from dscnn.cluster import head, machines
from dscnn.core.stage import Problem, printable
from dscnn.experiment import params

ARMS = ("train", "evaluate")  # DVC knows all stages of a matrix by its name; a thousand names would take it long


def upstream() -> list[str]:
    """Return the stages that are run before the arms."""
    return ["params", *(f"prepare@{name}" for name in params.load().datasets)]


def due() -> list[head.Task]:
    """Return the arms of which DVC would run a stage, in the order of params.yaml; what is upstream is done."""
    settings = params.load()
    axes = (settings.datasets, settings.widths, settings.architectures, settings.seeds)
    tasks = [head.Task("-".join(map(str, arm)), ("params", f"prepare@{arm[0]}")) for arm in product(*axes)]
    # a dry run of an evaluation fails where its weights are not there yet
    words = [sys.executable, "-m", "dvc", "repro", "--dry", "--single-item", "--keep-going", *ARMS]
    said = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    done = re.findall(r"^Stage '(.+)' (?:didn't change, skipping|is cached - skipping run)", said, re.MULTILINE)
    return [task for task in tasks if not {*task.stages} <= {*done}]


def compute(jobs: int, cluster: str) -> dict[str, str]:
    """Compute the arms that are due; return what was said of those that failed, by name."""
    # what was made for a head that was stopped, noted or not; what is in no cache is computed
    for words in [["fetch", "--run-cache", *ARMS]] * bool(cluster) + [["checkout", "--allow-missing", *ARMS]]:
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
    # all at once: 'dvc repro' would write dvc.lock anew for each
    dvc(["checkout", "--allow-missing", *ARMS], "what the workers made cannot be taken from DVC's cache")
    return failures


def dvc(words: Sequence[str], failed: str) -> str:
    """Run DVC and return what it said; raises `Problem` with `failed` and DVC's own words."""
    done = subprocess.run([sys.executable, "-m", "dvc", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Problem(f"{failed}: {printable(done.stderr.strip())}")
    return done.stdout
