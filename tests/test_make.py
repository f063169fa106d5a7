"""The Makefile's messages, and that a finished set-up costs nothing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tiny import PROJECT


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with the Makefile and what it needs, and a folder to be the PATH, with little in it."""
    for name in ("Makefile", "requirements.lock"):
        shutil.copy(PROJECT / name, tmp_path)
    for name in ("presets", "src"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "bin").mkdir()
    for name in ("sh", "make", "awk", "rm", "touch"):
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
    """It names the versions that will do."""
    program(bare, "git", "exit 0")
    assert said(make(bare, "setup")) == "error: Python is not installed; 3.11, 3.12 or 3.13 is needed"


def test_an_old_python_is_one_line(bare: Path) -> None:
    """It has the version found, and the way to name another Python."""
    program(bare, "git", "exit 0")
    program(bare, "python3", 'case "$1" in -V) echo Python 3.9.18;; *) exit 1;; esac')
    line = said(make(bare, "setup"))
    assert line.startswith("error: python3 is Python 3.9.18; 3.11, 3.12 or 3.13 is needed")
    assert not (bare / ".venv").exists()


def test_a_python_without_venv_is_one_line(bare: Path) -> None:
    """Debian has it in a package of its own."""
    program(bare, "git", "exit 0")
    program(bare, "python3.11", 'case "$1" in -m) exit 1;; *) exit 0;; esac')
    assert (
        said(make(bare, "setup")) == "error: python3.11 cannot make virtual environments; install its venv module or uv"
    )


@pytest.fixture
def system(bare: Path) -> Path:
    """The bare folder with a Python that has its own library alone."""
    program(bare, "python3.11", f'exec {sys.executable} -S "$@"')
    return bare


@pytest.mark.parametrize("name", ["", "quik", "../presets/quick", "-x", "quick mnist"])
def test_an_unknown_preset_is_one_line(system: Path, name: str) -> None:
    """It names those there are; params.yaml is untouched."""
    (system / "params.yaml").write_text("mine")
    line = said(make(system, "preset", f"NAME={name}"))
    assert line.startswith(f"error: NAME is '{name}', should be one of: ")
    assert set(line.rpartition(": ")[2].split(", ")) == {path.stem for path in (PROJECT / "presets").glob("*.yaml")}
    assert (system / "params.yaml").read_text() == "mine"


@pytest.mark.parametrize("name", [path.stem for path in (PROJECT / "presets").glob("*.yaml")])
def test_a_preset_is_copied_and_introduced(system: Path, name: str) -> None:
    """It needs no set-up; its opening comment says what it asks."""
    done = make(system, "preset", f"NAME={name}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{name}: ")
    assert (system / "params.yaml").read_bytes() == (PROJECT / f"presets/{name}.yaml").read_bytes()


def test_a_preset_overwrites_edits_by_force_alone(system: Path) -> None:
    """The command that it names is the one that does it."""
    (system / "params.yaml").write_text("mine")
    done = make(system, "preset", "NAME=quick")
    assert said(done).startswith("error: params.yaml has been edited; against preset ")
    assert "'make preset NAME=quick FORCE=1'" in done.stderr
    assert (system / "params.yaml").read_text() == "mine"
    assert make(system, "preset", "NAME=quick", "FORCE=1").returncode == 0
    assert (system / "params.yaml").read_bytes() == (PROJECT / "presets/quick.yaml").read_bytes()


def test_a_preset_without_python_is_one_line(bare: Path) -> None:
    """The words are those of the set-up."""
    line = "error: Python is not installed; 3.11, 3.12 or 3.13 is needed"
    assert said(make(bare, "preset", "NAME=quick")) == line


@pytest.fixture
def finished(bare: Path) -> Path:
    """The bare folder with a finished set-up, whose Python says how it was called."""
    for source in ("requirements.lock", "src/dscnn/tools/plots_page.py"):
        os.utime(bare / source, (10**9, 10**9))
    (bare / ".venv/bin").mkdir(parents=True)
    (bare / ".venv/installed-requirements.lock").write_text("")
    program(bare, "../.venv/bin/python", 'echo "PYTHONPATH=$PYTHONPATH"; for word; do echo "$word"; done')
    return bare


def test_a_finished_set_up_does_nothing(finished: Path) -> None:
    """The lock file is older than the mark: no Python, no installer is called."""
    done = make(finished, "setup")
    assert (done.returncode, done.stderr) == (0, "")
    assert "PYTHONPATH" not in done.stdout


@pytest.mark.parametrize("variant", ["requirements", "requirements-gpu"])
@pytest.mark.parametrize("uv", [True, False])
def test_a_set_up_whose_python_was_removed_is_done_again(finished: Path, uv: bool, variant: str) -> None:
    """Its mark alone says nothing; the mark of the other variant goes too."""
    shutil.copy(PROJECT / "requirements-gpu.lock", finished)
    for name in ("requirements", "requirements-gpu"):
        (finished / f".venv/installed-{name}.lock").write_text("")
    python = finished / ".venv/bin/python"
    python.unlink()
    for name in ("python", "python3"):
        python.with_name(name).symlink_to(finished / "removed")
    program(finished, "../.venv/bin/pip", "exit 0")
    program(finished, "git", "exit 0")
    (finished / "new").write_text("#!/bin/sh\nexit 0\n")
    (finished / "new").chmod(0o755)
    makes = 'while [ "$1" != .venv ]; do shift; [ $# != 0 ] || exit 0; done'
    makes += "; [ ! -L .venv/bin/python3 ] || exit 1; mv new .venv/bin/python"
    (finished / "bin/mv").symlink_to(str(shutil.which("mv")))
    program(finished, "python3.11", makes)
    if uv:
        program(finished, "uv", makes)
    done = make(finished, "setup", *(["GPU=1"] if variant.endswith("gpu") else []))
    assert (done.returncode, done.stderr) == (0, "")
    assert python.read_text() == "#!/bin/sh\nexit 0\n"
    assert [path.name for path in (finished / ".venv").glob("installed-*")] == [f"installed-{variant}.lock"]


def test_what_the_machine_was_is_forgotten_with_a_set_up(finished: Path) -> None:
    """DVC looks at it again, with the new software; a finished set-up leaves it."""
    program(finished, "git", "exit 0")
    program(finished, "python3.11", "exit 0")
    program(finished, "uv", "exit 0")
    known = finished / "data/machine.json"
    known.parent.mkdir()
    known.write_text("{}")
    assert make(finished, "setup").returncode == 0
    assert known.exists()
    shutil.copy(PROJECT / "requirements-gpu.lock", finished)
    assert make(finished, "setup", "GPU=1").returncode == 0
    assert not known.exists()


@pytest.mark.parametrize(
    ("words", "called"),
    [
        (["record", "NAME=mine"], ["record", "--", "mine"]),
        (["record", "NAME=a b"], ["record", "--", "a b"]),
        (["record"], ["record", "--", ""]),
        (["entry", "NAME=own", "FOLDER=../my photos"], ["entry", "--", "own", "../my photos", "32", "3"]),
        (["entry", "NAME=own", "FOLDER=x", "SIDE=8", "CHANNELS=1"], ["entry", "--", "own", "x", "8", "1"]),
        (["runs"], ["runs"]),
        (["push"], ["share", "push"]),
        (["pull"], ["share", "pull"]),
        (["prune"], ["prune", "--", ""]),
        (["prune", "FORCE=1"], ["prune", "--", "1"]),
        (["bench"], ["bench", "0.125"]),
        (["bench", "WIDTH=0.5"], ["bench", "0.5"]),
    ],
)
def test_a_target_hands_its_words_on(finished: Path, words: list[str], called: list[str]) -> None:
    """Spaces and all, to the module of the same name."""
    done = make(finished, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["PYTHONPATH=src", "-m", f"dscnn.tools.{called[0]}", *called[1:]]


@pytest.mark.parametrize("words", [[], ["NAME=own"], ["FOLDER=photos"]])
def test_an_entry_needs_name_and_folder(finished: Path, words: list[str]) -> None:
    """One line asks for them."""
    assert said(make(finished, "entry", *words)) == "error: which NAME, and which FOLDER (or archive)?"


def test_a_set_up_is_done_once(bare: Path) -> None:
    """It uses uv if that is there; the second call starts no program."""
    log = bare / "log"
    stub = f'echo "{{name}} $*" >> {log}'
    program(bare, "git", stub.format(name="git"))
    program(bare, "python3.11", "exit 0")
    program(bare, "uv", stub.format(name="uv"))
    (bare / ".venv/bin").mkdir(parents=True)
    program(bare, "../.venv/bin/python", stub.format(name="python"))
    assert make(bare, "setup").returncode == 0
    calls = log.read_text().splitlines()
    assert calls[0] == "git rev-parse --git-dir"
    assert calls[1].startswith("uv pip install")
    assert "--require-hashes -r requirements.lock" in calls[1]
    assert calls[2] == "python -m dscnn.tools.plots_page .dvc/plots.html"
    assert [call.split()[:3] for call in calls[3:]] == [
        ["git", "config", f"merge.{name}"]
        for name in ("dvc-lock.name", "dvc-lock.driver", "made-anew.name", "made-anew.driver")
    ]
    assert calls[4].endswith("python -m dscnn.tools.merge_lock %O %A %B")
    done = make(bare, "setup")
    assert (done.returncode, done.stderr) == (0, "")
    assert log.read_text().splitlines() == calls


def test_a_set_up_outside_a_repository_is_one_line(bare: Path) -> None:
    """Somebody unpacked an archive of the project: nothing is installed, since DVC would refuse to run."""
    program(bare, "git", "echo fatal: none here >&2; exit 128")
    program(bare, "python3.11", "exit 0")
    program(bare, "uv", f"touch {bare}/installed")
    line = (
        "error: this is no Git repository, which DVC needs (fatal: none here):"
        " clone it, or 'git init && git add --all && git commit --message start'"
    )
    assert said(make(bare, "setup")) == line
    assert not (bare / "installed").exists()
    assert not (bare / ".venv").exists()


def test_the_drivers_are_those_that_gitattributes_names() -> None:
    """Git would fall back on its own merge without a word."""
    named = set(re.findall(r"merge=(\S+)", (PROJECT / ".gitattributes").read_text()))
    configured = re.findall(r"git config merge\.([\w-]+)\.driver", (PROJECT / "Makefile").read_text())
    assert named == set(configured)


@pytest.mark.parametrize("status", [0, 1])
def test_repro_says_where_the_results_are_once_they_are_there(finished: Path, status: int) -> None:
    """A run that fails has its own message."""
    program(finished, "../.venv/bin/python", f'for word; do echo "$word"; done; exit {status}')
    done = make(finished, "repro")
    assert done.stdout.splitlines()[:2] == ["-m", "dscnn.tools.repro"]
    assert ("open plots/report.html in a browser" in done.stdout) == (status == 0)
    assert (done.returncode == 0) == (status == 0)


def test_help_lists_every_target(bare: Path) -> None:
    """Each line is a name and what it does."""
    done = make(bare, "help")
    assert done.returncode == 0
    listed = [line.split(maxsplit=2)[1:] for line in done.stdout.splitlines()]
    names = [
        "help", "setup", "repro", "worker", "runs", "push", "pull", "prune", "check", "format", "test", "preset",
        "entry", "bench", "abuse", "record", "lock", "clean",
    ]  # fmt: skip
    assert [name for name, _ in listed] == names


def test_a_worker_without_a_cluster_is_one_line(finished: Path) -> None:
    """It says what CLUSTER is."""
    assert said(make(finished, "worker")) == "error: which CLUSTER? tcp://head:8786, or a scheduler's file"


@pytest.mark.parametrize("stage", ["train", "cost", "machine"])
def test_too_little_address_space_is_one_line(stage: str) -> None:
    """For the stages that load TensorFlow, which would end in the middle of its import; the others need little."""
    words = ["sh", "-c", f"ulimit -v 2000000; exec src/stage {stage} a b c d"]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False)
    line = "error: 'ulimit -v' is 2000000 kB, and TensorFlow needs 4000000 or more: 'ulimit -v unlimited' lifts it\n"
    assert (done.returncode, done.stderr) == (1, line)


@pytest.mark.parametrize("place", [".dvc/tmp/exps/tmp1", ".dvc/tmp/exps/standalone/tmp1", ".state/clones/0"])
def test_a_workspace_takes_the_environment_of_its_project(tmp_path: Path, place: str) -> None:
    """And leaves beside it what should outlive the workspace."""
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$DSCNN_STATE $*"\n')
    python.chmod(0o755)
    workspace = tmp_path / place
    workspace.mkdir(parents=True)
    environment = {"PATH": os.environ["PATH"]}
    words = [str(PROJECT / "src/stage"), "train"]
    done = subprocess.run(words, cwd=workspace, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/.state -m dscnn.stages.train\n")


@pytest.mark.parametrize("place", ["project", "project/.dvc/tmp/exps/tmp1", "project/.state/clones/0"])
def test_an_environment_above_the_project_is_of_another(tmp_path: Path, place: str) -> None:
    """Such as ~/.venv; the line names the project."""
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    (tmp_path / place).mkdir(parents=True)
    words = [str(PROJECT / "src/stage"), "train"]
    done = subprocess.run(words, cwd=tmp_path / place, capture_output=True, text=True, check=False)
    line = f"error: no .venv with a Python in {tmp_path}/project: 'make setup' makes one\n"
    assert (done.returncode, done.stderr) == (1, line)
