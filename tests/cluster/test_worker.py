import os
import shutil
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from distributed import Client, LocalCluster, get_worker
from dvc.repo import Repo

from dscnn.cluster import worker
from dscnn.cluster.worker import Copy
from processes import ended, until
from tiny import python, tar

EMPTY = {".dvc/config": b"", "dvc.yaml": b""}
STAGES = ("train@a", "evaluate@a")


Make = Callable[..., Copy]


@pytest.fixture
def copy() -> Iterator[Make]:
    """What makes the copy of another worker; all are given back at the end."""
    made = []

    def make(archive: bytes = b"", jobs: int = 0) -> Copy:
        made.append(Copy(archive or tar(EMPTY | {"src/stage": b"#!/bin/sh\n"}), jobs, remote=False))
        made[-1].setup(None)
        made[-1].lay_out()
        return made[-1]

    yield make
    for each in made:
        each.teardown(None)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project of a worker: it has a cache."""
    monkeypatch.chdir(tmp_path)
    Repo.init(no_scm=True).close()
    return tmp_path


def test_each_worker_has_a_copy_of_its_own(home: Path, copy: Make) -> None:
    """The next worker takes one that was given back, and finds nothing of before in it."""
    first, second = copy(), copy()
    assert [each.folder for each in (first, second)] == [home / ".state/clones/0", home / ".state/clones/1"]
    assert (first.folder / "src/stage").exists()
    assert (first.folder / ".git").is_dir()
    first.teardown(None)
    third = copy(tar(EMPTY | {"other": b""}))
    assert third.folder == first.folder
    assert sorted(path.name for path in third.folder.iterdir()) == [".dvc", ".git", "dvc.yaml", "other"]
    assert second.folder.exists()


def test_an_archive_writes_nowhere_else(home: Path, copy: Make) -> None:
    """A name that leads out of the copy is an error."""
    with pytest.raises(tarfile.OutsideDestinationError):
        copy(tar({"../escaped": b""}))
    assert not list(home.rglob("escaped"))


def test_a_remote_s_own_settings_come_along(home: Path, copy: Make) -> None:
    """They are in no archive, since Git ignores them."""
    (home / ".dvc/config.local").write_text("['remote \"store\"']\n    url = /secret\n")
    made = copy()
    assert made.dvc("remote", "list").split() == ["store", "/secret"]
    assert made.dvc("cache", "dir").strip() == str(home / ".dvc/cache"), "and DVC's cache is that of the project"


@pytest.mark.parametrize("own", ["", "['remote \"store\"']\n    jobs = 3\n"])
def test_a_remote_by_a_relative_path_is_the_same_folder(home: Path, copy: Make, own: str) -> None:
    """From the copy's .dvc the path in .dvc/config would lead elsewhere; what the remote has of its own comes along."""
    text = b"['remote \"store\"']\n    url = ../../store\n"
    (home / ".dvc/config").write_bytes(text)
    (home / ".dvc/config.local").write_text(own)
    made = copy(tar(EMPTY | {".dvc/config": text}))
    assert made.dvc("remote", "list").split() == ["store", str(home.parent / "store")]
    settings = (made.folder / ".dvc/config.local").read_text()
    assert ("jobs = 3" in settings) == bool(own)


def test_a_command_says_what_it_said(home: Path, copy: Make) -> None:
    """Both streams, in the copy's folder, with the variables; one that fails is an error with all of that."""
    made = copy()
    said = made.command(["sh", "-c", "pwd; echo $KIND >&2"], KIND="x")
    assert said == f"{home}/.state/clones/0\nx\n"
    with pytest.raises(RuntimeError, match=r"^-c echo no >&2; exit 3: exit status 3\nno\n$"):
        made.command(["sh", "-c", "echo no >&2; exit 3"])


WORKER = """
from pathlib import Path
from dscnn.cluster.worker import Copy
made = Copy(Path("archive.tar").read_bytes(), 0, False)
made.setup(None)
made.lay_out()
made.command(["sh", "-c", "sleep 600 & echo $! > ../sleeper; wait"])
"""


def test_what_a_worker_started_ends_with_it(home: Path, copy: Make) -> None:
    """A worker that is killed leaves no training behind, nor a copy that is taken."""
    environment = os.environ | {"PYTHONPATH": str(Path(worker.__file__).parents[2])}
    (home / "archive.tar").write_bytes(tar(EMPTY))
    sleeper = home / ".state/clones/sleeper"
    with subprocess.Popen([sys.executable, "-c", WORKER], env=environment) as process:
        try:
            until(lambda: sleeper.exists() and sleeper.read_text().strip() != "")
            number = int(sleeper.read_text())
            assert not ended(number)
        finally:
            process.send_signal(signal.SIGKILL)
    until(lambda: ended(number))
    assert copy().folder.name == "0"


def test_workers_share_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its part; where there are fewer than workers, one each in turn; 0 jobs are not pinned."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {4, 5, 6, 7, 8}, raising=False)
    assert [worker._share(number, 2) for number in range(3)] == [[4, 6, 8], [5, 7], [4, 6, 8]]
    assert [worker._share(number, 7) for number in range(7)] == [[4], [5], [6], [7], [8], [4], [5]]
    assert worker._share(3, 0) == []


def test_a_command_is_pinned_to_its_share(copy: Make) -> None:
    """The process that waits for it is too, and no other."""
    made = copy(jobs=len(os.sched_getaffinity(0)) + 1)
    code = "import os; print(len(os.sched_getaffinity(0)))"
    before = os.sched_getaffinity(0)
    try:
        assert made.command([sys.executable, "-c", code]) == "1\n"
    finally:
        os.sched_setaffinity(0, before)


class Arm:
    """A copy whose DVC notes what it is asked for, and leaves a checkpoint and a dvc.lock; it may fail after that."""

    def __init__(self, made: Copy, monkeypatch: pytest.MonkeyPatch, *, remote: bool = False, fails: str = "") -> None:
        self.folder, self.fails = made.folder, fails
        self.kept, self.stale = made.home / "fingerprint.npz", made.home / "another.npz"
        self.kept.write_bytes(b"epoch 1")
        self.stale.write_bytes(b"epoch 1")
        self.done = made.folder.with_suffix(".done")
        self.done.write_text(str(self.stale))
        self.calls: list[tuple[str, ...]] = []
        self.variables: dict[str, str] = {}
        self.travelled: list[str] = []
        made.remote = remote
        monkeypatch.setattr(made, "prepare", lambda inputs: None)
        monkeypatch.setattr(made, "dvc", self.dvc)
        monkeypatch.setattr(made, "travelling", lambda name, done: self.travelled.append(name) or nullcontext())
        own = SimpleNamespace(address="tcp://a:1", plugins={Copy.name: made})
        monkeypatch.setattr(worker, "get_worker", lambda: own)

    def dvc(self, *words: str, **variables: str) -> str:
        self.calls.append(words)
        assert self.kept.exists(), "until DVC has all, a kill would cost a second training"
        if words[0] == "push":
            return "pushed"
        self.variables = variables
        assert not self.done.exists(), "what another arm left"
        Path(variables["DSCNN_DONE"]).write_text(str(self.kept))
        if self.fails:
            raise RuntimeError(self.fails)
        lines = "".join(f"  {name}:\n    cmd: {name}\n" for name in ("prepare@d", *STAGES))
        (self.folder / "dvc.lock").write_text(f"schema: '2.0'\nstages:\n{lines}")
        return "trained"


@pytest.mark.parametrize("remote", [False, True])
def test_an_arm_is_run_and_its_checkpoint_removed(copy: Make, monkeypatch: pytest.MonkeyPatch, remote: bool) -> None:
    """With the head's variables; the entries of its stages alone come back. A remote gets its outputs before that."""
    arm = Arm(copy(), monkeypatch, remote=remote)
    found = worker.run(STAGES, ["prepare@d"], {"DSCNN_THREADS": "7"})
    entries = {name: {"cmd": name} for name in STAGES}
    assert found == {"where": "tcp://a:1", "said": "trained", "entries": entries}
    assert arm.variables == {"DSCNN_THREADS": "7", "DSCNN_DONE": str(arm.done)}
    assert arm.calls == [("repro", "--single-item", *STAGES), ("push", "--run-cache", *STAGES)][: 1 + remote]
    assert arm.travelled == ["a"]
    assert (arm.kept.exists(), arm.done.exists()) == (False, False)
    assert arm.stale.exists(), "it is of an arm whose worker was lost"


def test_an_arm_that_fails_keeps_its_checkpoint(copy: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next try goes on from there; what went wrong comes back, and where."""
    arm = Arm(copy(), monkeypatch, fails="exit status 1")
    found = worker.run(STAGES, ["prepare@d"], {})
    assert (found["where"], found["failed"]) == ("tcp://a:1", "RuntimeError: exit status 1")
    assert not {"entries", "said"} & set(found)
    assert arm.kept.exists()


def test_a_checkpoint_travels_where_outputs_go_by_a_remote(home: Path) -> None:
    """On the machine it is where stage train writes it; workers of one machine share it and send nothing."""
    kept = home / ".state/training/d-1-A-1/fingerprint.npz"

    def trained(content: bytes) -> bool:
        copy: Copy = get_worker().plugins[Copy.name]
        with copy.travelling("d-1-A-1", home / "done"):
            found = kept.exists() and kept.read_bytes() == b"epoch 1"
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(content)
        return found

    for remote in (True, False):
        shutil.rmtree(home / ".state", ignore_errors=True)
        with (
            LocalCluster(1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0") as cluster,
            Client(cluster) as client,
        ):
            client.register_plugin(Copy(b"archive", 0, remote))
            assert not client.submit(trained, b"epoch 1").result()
            shutil.rmtree(home / ".state")  # another machine
            assert client.submit(trained, b"epoch 2").result() is remote


def test_the_module_travels_alone() -> None:
    """It imports nothing of this project, of which a worker may have another version."""
    code = "import sys, dscnn.cluster.worker; print(sorted(name for name in sys.modules if name.startswith('dscnn')))"
    assert python(code).stdout == "['dscnn', 'dscnn.cluster', 'dscnn.cluster.checkpoint', 'dscnn.cluster.worker']\n"
