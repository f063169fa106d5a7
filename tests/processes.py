"""Which processes run below another, for tests that stop one: any of them may end while it is looked at."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

import held
import tiny

HOLDING = (sys.executable, held.__file__)  # a Python that stops a training in its second epoch


def below(number: int, fits: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    """Return the processes that process `number` and those below it have started, and that `fits` takes."""
    found = []
    with suppress(psutil.NoSuchProcess):
        for each in psutil.Process(number).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if fits(each):
                    found.append(each)
    return found


def ended(number: int) -> bool:
    """Whether process `number` has ended; one that its parent has not waited for has."""
    try:
        return psutil.Process(number).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def halted(process: psutil.Process) -> bool:
    """Whether `process` has been stopped, and would go on with SIGCONT."""
    return process.status() == psutil.STATUS_STOPPED


@contextmanager
def in_training(*arm: str) -> Iterator[subprocess.Popen[str]]:
    """Train an arm of the experiment in the current folder, halted in its second epoch; with the block it is killed."""
    environment, pipe = os.environ | {"PYTHONPATH": str(tiny.PROJECT / "src")}, subprocess.PIPE
    words = [*HOLDING, "-m", held.TRAIN, *arm]
    with subprocess.Popen(words, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            until(lambda: process.poll() is not None or halted(psutil.Process(process.pid)))
            assert process.poll() is None, process.stderr and process.stderr.read()
            yield process
        finally:
            process.kill()


def killed(*arm: str) -> None:
    """Train an arm of the experiment in the current folder, and kill -9 it in its second epoch."""
    with in_training(*arm) as process:
        pass
    assert process.returncode == -signal.SIGKILL


def until(holds: Callable[[], bool], seconds: float = 180) -> None:
    """Wait until `holds` does; fails after so many seconds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
