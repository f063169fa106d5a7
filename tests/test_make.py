"""The Makefile's messages, and that a finished set-up costs nothing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import PROJECT


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with the Makefile and what it needs, and an empty folder to be the PATH."""
    for name in ("Makefile", "requirements.lock"):
        shutil.copy(PROJECT / name, tmp_path)
    shutil.copytree(PROJECT / "presets", tmp_path / "presets")
    (tmp_path / "src/dscnn").mkdir(parents=True)
    (tmp_path / "src/dscnn/plots_page.py").write_text("")
    (tmp_path / "bin").mkdir()
    for name in ("sh", "make", "awk", "cp", "mkdir", "touch"):
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    return tmp_path


def program(folder: Path, name: str, text: str) -> None:
    path = folder / "bin" / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(folder / "bin"), "HOME": str(folder)}
    return subprocess.run(["make", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return the first line of the error; make adds its own after it."""
    assert done.returncode != 0
    return done.stderr.splitlines()[0]


def test_no_git_is_one_line(bare: Path) -> None:
    """DVC cannot work without it."""
    program(bare, "python3.11", "exit 0")
    assert said(make(bare, "setup")) == "error: git is not installed; DVC needs it"


def test_no_python_is_one_line(bare: Path) -> None:
    """With the versions that will do."""
    program(bare, "git", "exit 0")
    assert said(make(bare, "setup")) == "error: Python is not installed; 3.11, 3.12 or 3.13 is needed"


def test_an_old_python_is_one_line(bare: Path) -> None:
    """With its version and the way to name another."""
    program(bare, "git", "exit 0")
    program(bare, "python3", 'case "$1" in -V) echo Python 3.9.18;; *) exit 1;; esac')
    line = said(make(bare, "setup"))
    assert line.startswith("error: python3 is Python 3.9.18; 3.11, 3.12 or 3.13 is needed")
    assert not (bare / ".venv").exists()


def test_a_python_without_venv_is_one_line(bare: Path) -> None:
    """Debian splits it off."""
    program(bare, "git", "exit 0")
    program(bare, "python3.11", 'case "$1" in -m) exit 1;; *) exit 0;; esac')
    assert (
        said(make(bare, "setup")) == "error: python3.11 cannot make virtual environments; install its venv module or uv"
    )


@pytest.mark.parametrize("name", ["", "quik"])
def test_an_unknown_preset_is_one_line(bare: Path, name: str) -> None:
    """With those there are, and params.yaml untouched."""
    (bare / "params.yaml").write_text("mine")
    line = said(make(bare, "preset", f"NAME={name}"))
    assert line.startswith(f"error: NAME is '{name}', should be one of: ")
    assert set(line.rpartition(": ")[2].split()) == {path.stem for path in (PROJECT / "presets").glob("*.yaml")}
    assert (bare / "params.yaml").read_text() == "mine"


def test_a_preset_is_copied_and_introduced(bare: Path) -> None:
    """Its opening comment says what it asks, how long it takes and what to expect."""
    done = make(bare, "preset", "NAME=mnist")
    assert done.returncode == 0
    assert done.stdout.startswith("mnist: ")
    assert (bare / "params.yaml").read_bytes() == (PROJECT / "presets/mnist.yaml").read_bytes()


def test_a_finished_set_up_does_nothing(bare: Path) -> None:
    """The lock file is older than the mark: no Python, no installer is called."""
    for source in ("requirements.lock", "src/dscnn/plots_page.py"):
        os.utime(bare / source, (10**9, 10**9))
    (bare / ".venv").mkdir()
    (bare / ".venv/installed-requirements.lock").write_text("")
    done = make(bare, "setup")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_set_up_is_done_once(bare: Path) -> None:
    """With uv when it is there; the second call starts no program."""
    log = bare / "log"
    stub = f'echo "{{name}} $*" >> {log}'
    program(bare, "git", "exit 0")
    program(bare, "python3.11", "exit 0")
    program(bare, "uv", stub.format(name="uv"))
    (bare / ".venv/bin").mkdir(parents=True)
    program(bare, "../.venv/bin/python", stub.format(name="python"))
    assert make(bare, "setup").returncode == 0
    calls = log.read_text().splitlines()
    assert calls[0].startswith("uv pip install")
    assert "--require-hashes -r requirements.lock" in calls[0]
    assert calls[1] == "python -m dscnn.plots_page .dvc/plots.html"
    done = make(bare, "setup")
    assert (done.returncode, done.stderr) == (0, "")
    assert log.read_text().splitlines() == calls


def test_help_lists_every_target(bare: Path) -> None:
    """A name and what it does."""
    done = make(bare, "help")
    assert done.returncode == 0
    listed = {line.split()[1] for line in done.stdout.splitlines()}
    assert {"setup", "repro", "test", "check", "preset", "lock", "help"} <= listed
