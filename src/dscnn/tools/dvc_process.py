"""DVC as a process: one signal ends it and its stages, and dvc.lock is whole after that."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil
from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from dvc.utils.serialize import parse_yaml

from dscnn.cluster import lock
from dscnn.core import files

MOMENT = 1  # second in which a stage ends that a terminal has sent Ctrl-C too
PATIENCE = 30  # seconds in which one ends that is asked to; a training ends after the step that it is in


@contextmanager
def stoppable() -> Iterator[None]:
    """Take SIGTERM (of `timeout`, systemd, continuous integration) for Ctrl-C within a `with` block."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def dvc(words: list[str]) -> bool:
    """Run DVC and return whether it succeeded. SIGINT and SIGTERM end it and its stages, as `KeyboardInterrupt`."""
    known = _content()
    stages: list[psutil.Process] = []
    with subprocess.Popen([sys.executable, "-m", "dvc", *words]) as process:

        def stop(number: int, frame: Any) -> None:
            if process.returncode is None:
                stages.extend(killed(process))
            signal.default_int_handler(number, frame)

        before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            return not process.wait()
        except KeyboardInterrupt:
            process.wait()
            mend(known)
            end(stages)
            raise
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def killed(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Kill DVC, which takes a stage that was interrupted for one that failed, and starts the next; return its stages.

    It is halted first, so that it starts none meanwhile.
    """
    stages: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):  # it has just ended
        halted = psutil.Process(process.pid)
        halted.suspend()
        stages = halted.children(recursive=True)
    process.kill()
    return stages


def end(stages: list[psutil.Process]) -> None:
    """End `stages`, each of which may take its time to end well: a training keeps its checkpoint."""
    try:
        _, left = psutil.wait_procs(stages, MOMENT)
        for each in left:
            with suppress(psutil.NoSuchProcess):
                each.terminate()
        psutil.wait_procs(left, PATIENCE)
    finally:
        for each in stages:
            with suppress(psutil.NoSuchProcess):
                each.kill()


def mend(known: bytes | None) -> None:
    """Put the earlier content `known` back if DVC, which writes dvc.lock in place, was killed in the middle of that.

    What ran since is in the run cache.
    """
    before, now = stages_of(known or b""), stages_of(_content() or b"")
    if before is None or (now is not None and before <= now):
        return
    if known is None:
        lock.PATH.unlink()
    else:
        files.write_text(lock.PATH, known.decode())


def stages_of(content: bytes) -> set[str] | None:
    """Return the stages in the content of a dvc.lock; None where DVC could not read it."""
    try:
        return set(
            COMPILED_LOCKFILE_SCHEMA(parse_yaml(content.decode(), lock.PATH) or {"schema": "2.0"}).get("stages", ())
        )
    except Exception:  # of a parser, or of DVC's schema
        return None


def _content() -> bytes | None:
    return lock.PATH.read_bytes() if lock.PATH.exists() else None
