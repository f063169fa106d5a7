"""A copy of the project with tiny parameters, for tests with real DVC in a Git repository of its own."""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

import tiny
from tiny import PROJECT

Edit = Callable[[dict[str, Any]], None]
DVC = Path(sys.executable).with_name("dvc")
WARM = PROJECT / "tests/warm.py"
LOCK_IN_C = PROJECT / "tests/lock_in_c"
CODE = f"src{os.pathsep}{LOCK_IN_C}"  # the PYTHONPATH of the project's own modules, and of DVC's below them
PLAIN = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHONPATH", "GIT_", "DSCNN_"))} | {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "test",
    "GIT_AUTHOR_EMAIL": "test@localhost",
    "GIT_COMMITTER_NAME": "test",
    "GIT_COMMITTER_EMAIL": "test@localhost",
    "PATH": f"{DVC.parent}{os.pathsep}{os.environ['PATH']}",  # as in an activated environment: the queue calls dvc
}
ENVIRONMENT = PLAIN | {"PYTHONPATH": str(LOCK_IN_C)}


class Experiment:
    """A copy of the project with tiny parameters, in a Git repository of its own.

    With a `server`, the socket of a Python that has imported DVC, that one runs it (tests/warm.py).
    """

    def __init__(self, folder: Path, environment: dict[str, str] = ENVIRONMENT, server: Path | None = None) -> None:
        self.folder, self.environment, self.server = folder, environment, server

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        own = self.environment
        return subprocess.run(words, cwd=self.folder, env=own, capture_output=True, text=True, check=False)

    def git(self, *words: str) -> str:
        done = self.command("git", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def dvc(self, *words: str) -> subprocess.CompletedProcess[str]:
        warm = (sys.executable, str(WARM), "run", str(self.server)) if self.server else ()
        return self.command(*warm, str(DVC), *words)

    def tool(self, name: str, *words: str) -> str:
        """Run a module of dscnn.tools, as the Makefile does; return what it prints."""
        done = self.command("env", f"PYTHONPATH={CODE}", sys.executable, "-m", f"dscnn.tools.{name}", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def copied(self, folder: Path) -> "Experiment":
        """Copy all of it to `folder`, its cache included."""
        return Experiment(shutil.copytree(self.folder, folder, symlinks=True))

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def repro(self) -> list[str]:
        """Run `dvc repro` and return the stages that ran, in order; the run cache's are not among them."""
        done = self.dvc("repro")
        assert done.returncode == 0, done.stdout + done.stderr
        return ran(done.stdout)

    def read(self, name: str = "params.yaml") -> dict[str, Any]:
        return yaml.safe_load((self.folder / name).read_text())

    def edit(self, change: Edit, name: str = "params.yaml") -> None:
        source = self.read(name)
        change(source)
        tiny.write_yaml(self.folder / name, source)

    def summary(self) -> dict[str, Any]:
        """Return what stage compare wrote, by data set, width and architecture."""
        top = self.folder / "metrics/compare"
        return {
            str(path.relative_to(top).with_suffix("")): json.loads(path.read_text())
            for path in sorted(top.rglob("*.json"))
        }

    def files(self) -> dict[str, str]:
        """Return the hash of each file that the pipeline has made."""
        made = [path for top in ("data", "metrics", "models", "plots") for path in (self.folder / top).rglob("*")]
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in made
            if path.is_file()
        }


def ran(said: str) -> list[str]:
    """Return the stages that ran, of what `dvc repro` said."""
    return re.findall(r"^Running stage '(.+)':$", said, re.MULTILINE)


def trained(stages: list[str]) -> list[str]:
    return [stage for stage in stages if stage.startswith("train@")]


def installed(folder: Path) -> Experiment:
    """Copy what Git keeps of the project's code into `folder`, with data of its own beside it; DVC is as it comes."""
    for name in ("src", ".dvc/plots"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (
        ".dvc/config",
        ".dvc/.gitignore",
        ".dvcignore",
        ".gitignore",
        "dvc.yaml",
        "requirements.lock",
        ".gitattributes",
        "data/.gitignore",
        "metrics/.gitignore",
        "models/.gitignore",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, folder / name)
    (folder / ".venv").symlink_to(Path(sys.prefix))
    shutil.copy(PROJECT / ".dvc/plots.html", folder / ".dvc/plots.html")
    tiny.write_experiment(folder, tiny.written(folder.parent))
    experiment = Experiment(folder, PLAIN)
    experiment.edit(lambda source: source["network"].update(filters=[8]))  # one block: every layer of it is timed
    experiment.git("init", "--quiet", "--initial-branch=main")
    return experiment


def with_stand_ins(real: Experiment, templates: Path, warm: Path) -> Experiment:
    """Put stand-ins for the stages of TensorFlow (tests/stand_in.py) into `real`: what runs is the same, but soon.

    A server at the socket `warm` makes it sooner.
    """
    real.server = warm
    for name in ("data/machine.json", "metrics", "models"):
        source, target = real.folder / name, templates / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    words = (sys.executable, str(WARM), "run", str(warm), str(PROJECT / "tests/stand_in.py"))
    with_python(real, "env", f"TEMPLATES={templates}", *words)
    return real


def with_python(experiment: Experiment, *words: str) -> None:
    """Put a command into the place of the experiment's Python."""
    environment = experiment.folder / ".venv"
    environment.unlink()
    python = environment / "bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    python.chmod(0o755)
