"""`make repro`: check params.yaml in plain words, then `dvc repro`. If a stage fails, the others go on.

Then the report is made of what is there, and names what is missing.

Where a folder of images of the user's own is not on this machine, but the archive that was packed from it is (from a
shared cache, say), that archive stands for the folder.
"""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from dvc.repo import Repo

from dscnn.core.stage import Problem, run
from dscnn.experiment import params
from dscnn.stages.params import main as check_experiment
from dscnn.tools import unfinished

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


def dvc(words: list[str]) -> bool:
    """Run DVC and return whether it succeeded."""
    with subprocess.Popen([sys.executable, "-m", "dvc", *words]) as process:

        def stop(number: int, frame: Any) -> None:
            process.kill()  # else DVC takes the stage that was interrupted for one that failed, and starts the next
            signal.default_int_handler(number, frame)

        before = signal.signal(signal.SIGINT, stop)
        try:
            return not process.wait()
        finally:
            signal.signal(signal.SIGINT, before)


def report_the_rest() -> bool:
    """Make the report of what is there and return whether there is one; none without an arm that was scored."""
    with Repo(".") as repo:
        undone = unfinished.stages(repo, absent().values())
        measuring = [stage for stage in undone if stage.addressing not in REPORT]
        scored = [stage for stage in repo.index.stages if stage.addressing.startswith("evaluate@")]
    if not measuring or not set(scored) - set(measuring):
        return False
    unfinished.remove(measuring)
    return dvc(["repro", "--single-item", *REPORT])


def main() -> None:
    """Run what changed of the experiment; raises `Problem` when a stage failed."""
    check_experiment()
    failed = [words for words in commands() if not dvc(words)]
    if not failed:
        return
    if not report_the_rest():
        raise Problem(FAILED)
    raise Problem(
        f"{FAILED}. metrics/report.md has the rest, and names what is missing; 'make repro' takes up what is missing"
    )


if __name__ == "__main__":
    run(main)
