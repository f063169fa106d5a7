"""What a worker does: it keeps a copy of the experiment, and runs arms in it.

A worker on another machine may have another version of this project. So this module travels to it by value, with
`dscnn.cluster.checkpoint`, and imports nothing else of the project.
"""

import fcntl
import hashlib
import io
import itertools
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TextIO

from configobj import ConfigObj
from distributed import Worker, WorkerPlugin, get_client, get_worker
from dvc.config import Config
from dvc.config_schema import RelPath
from dvc.utils.serialize import load_yaml

from dscnn.cluster import checkpoint

# DVC in a process group of its own, which ends when the pipe to its standard input closes: with this process, however
# that ends. A training that went on without its worker would be in the way of the next one.
GROUP = 'exec 3<&0 </dev/null; { read -r _ <&3; kill -9 0; } >/dev/null 2>&1 & exec "$@" 3<&-'


class Copy(WorkerPlugin):
    """A copy of the experiment, in .state/clones/N of the project's folder in which the worker was started.

    A copy has a Git repository and a workspace of its own, and shares DVC's cache, `.venv` and checkpoints with that
    project. The lock beside it is held by the worker and by its DVC.
    """

    name = "dscnn"

    def __init__(self, archive: bytes, jobs: int, remote: bool) -> None:
        """Take the experiment as a tar archive, and how to run it.

        `jobs`: how many workers share this machine, each with its part of the processors; 0: as they were started.
        `remote`: whether inputs and outputs go by the DVC remote, rather than by a cache on this machine.
        """
        self.archive, self.jobs, self.remote = archive, jobs, remote
        self.known_as = hashlib.sha256(archive).hexdigest()[:12]

    def setup(self, worker: Worker) -> None:
        """Begin, when the worker starts or the head brings the experiment; the copy is laid out with the first arm."""
        self.home, self.busy, self.here = Path.cwd(), threading.Lock(), set[str]()
        self.lock: TextIO | None = None

    def teardown(self, worker: Worker) -> None:
        """Leave the copy to the next worker."""
        if self.lock:
            self.lock.close()

    def lay_out(self) -> None:
        """Take the first copy that no other process has, and put the experiment there."""
        clones = self.home / ".state/clones"
        clones.mkdir(parents=True, exist_ok=True)
        for number in itertools.count():
            self.lock = (clones / f"{number}.lock").open("w")
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                self.lock.close()
        self.folder, self.share = clones / str(number), _share(number, self.jobs)
        shutil.rmtree(self.folder, ignore_errors=True)
        with tarfile.open(fileobj=io.BytesIO(self.archive)) as archive:
            archive.extractall(self.folder, filter="data")
        self.command(["git", "init", "--quiet"])
        own = self.home / ".dvc/config.local"  # a remote's passwords, say
        settings = ConfigObj(str(own) if own.exists() else None)
        words = [sys.executable, "-m", "dvc", "cache", "dir"]
        cache = subprocess.run(words, cwd=self.home, capture_output=True, text=True, check=True).stdout.strip()
        for name, remote in Config(str(self.home / ".dvc"))["remote"].items():
            # a path that is relative to this project's .dvc leads elsewhere from the copy's
            paths = {key: str(value) for key, value in remote.items() if isinstance(value, RelPath)}
            if paths:
                settings.setdefault(f'remote "{name}"', {}).update(paths)
        settings["cache"] = {"dir": cache, "type": "reflink,hardlink,symlink,copy"}
        settings.filename = str(self.folder / ".dvc/config.local")
        settings.write()

    def command(self, words: Sequence[str], **variables: str) -> str:
        """Run a command in the copy and return what it said; raises `RuntimeError` with that when it failed."""
        assert self.lock  # the copy is laid out
        if self.share:
            os.sched_setaffinity(0, self.share)  # of this thread, and so of what it starts
        process = subprocess.Popen(
            ["sh", "-c", GROUP, "sh", *words],
            cwd=self.folder,
            env=os.environ | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(self.lock.fileno(),),
        )
        with process:
            assert process.stdout  # a pipe, as asked for
            said = process.stdout.read().decode(errors="replace")
        if process.returncode:
            raise RuntimeError(f"{' '.join(words[1:])}: exit status {process.returncode}\n{said}")
        return said

    def dvc(self, *words: str, **variables: str) -> str:
        return self.command([sys.executable, "-m", "dvc", *words], **variables)

    def prepare(self, inputs: Sequence[str]) -> None:
        """Bring what the stages `inputs` made, once."""
        if not self.here:
            self.lay_out()
        if missing := [name for name in inputs if name not in self.here]:
            self.dvc("pull" if self.remote else "checkout", *missing)
            self.here.update(missing)

    def travelling(self, name: str, done: Path) -> AbstractContextManager[object]:
        """Return what brings and sends the checkpoint of the arm `name`; workers of one machine share its folder."""
        if not self.remote:
            return nullcontext()
        folder = Path(os.environ.get("DSCNN_STATE", self.home / ".state"), "training", name)
        return checkpoint.Travelling(get_client(), folder, checkpoint.place(name, self.known_as), done)


def machine(inputs: Sequence[str]) -> dict[str, Any]:
    """Return what computes here: what stage machine writes."""
    copy: Copy = get_worker().plugins[Copy.name]
    with copy.busy:
        copy.prepare(inputs)
        copy.command([str(copy.folder / "src/stage"), "machine"])
        found: dict[str, Any] = json.loads((copy.folder / "data/machine.json").read_bytes())
        return found


def run(stages: Sequence[str], inputs: Sequence[str], variables: Mapping[str, str]) -> dict[str, Any]:
    """Run `stages`, in this order; return their entries in dvc.lock and what was said, or how they failed, and where.

    A checkpoint is removed once DVC has the outputs: a kill until then costs no second training.
    """
    here = get_worker()
    copy: Copy = here.plugins[Copy.name]
    found: dict[str, Any] = {"where": here.address}
    with copy.busy:
        try:
            copy.prepare(inputs)
            done = copy.folder.with_suffix(".done")
            done.unlink(missing_ok=True)  # of an arm whose worker was lost
            with copy.travelling(stages[0].removeprefix("train@"), done):
                found["said"] = copy.dvc("repro", "--single-item", *stages, DSCNN_DONE=str(done), **variables)
                if copy.remote:
                    copy.dvc("push", "--run-cache", *stages)
            if done.exists():
                Path(done.read_text("utf-8")).unlink(missing_ok=True)
                done.unlink()
            entries = load_yaml(str(copy.folder / "dvc.lock"))["stages"]
        except Exception as error:  # of whatever kind: the arm is tried elsewhere
            return found | {"failed": f"{type(error).__name__}: {error}"}
        return found | {"entries": {name: entries[name] for name in stages}}


def carried(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` such that it travels by value: Dask takes plain pickle where it can, by name, and here not."""

    def call(*arguments: Any) -> Any:
        return function(*arguments)

    return call


def _share(number: int, jobs: int) -> list[int]:
    """Return the processors of the worker `number` of `jobs`; none where all may be used, or cannot be chosen."""
    if not jobs or not hasattr(os, "sched_getaffinity"):
        return []
    cores = sorted(os.sched_getaffinity(0))
    return cores[number % jobs :: jobs] or [cores[number % len(cores)]]
