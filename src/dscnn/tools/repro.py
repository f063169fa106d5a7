"""`make repro`: check params.yaml in plain words, then `dvc repro`.

Where a folder of images of the user's own is not on this machine, but the archive that was packed from it is (from a
shared cache, say), that archive stands for the folder.
"""

import subprocess
import sys
from pathlib import Path

from dscnn.core.stage import Problem, run
from dscnn.experiment import params
from dscnn.stages.params import main as check_experiment


def commands() -> list[list[str]]:
    """Return the words after `dvc` of what runs, in order; says which archive stands for a folder that is not here."""
    absent = {name: folder for name, folder in params.load().folders.items() if not Path(folder).is_dir()}
    for name, folder in absent.items():
        print(f"folders.{name}: {folder} is not on this machine; the archive packed from it stands for it")
    # where what is missing is allowed to be, DVC would not look at this machine either, which no cache has
    return [["repro", "machine"], ["repro", "--allow-missing"]] if absent else [["repro"]]


def main() -> None:
    """Run what changed of the experiment; raises `Problem` when a stage failed."""
    check_experiment()
    for words in commands():
        if subprocess.run([sys.executable, "-m", "dvc", *words], check=False).returncode:
            raise Problem("'dvc repro' failed; its message is above")


if __name__ == "__main__":
    run(main)
