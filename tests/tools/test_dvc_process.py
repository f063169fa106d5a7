import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dscnn.cluster import lock
from dscnn.tools import dvc_process
from processes import ended, until
from tiny import PROJECT

KNOWN = yaml.safe_dump({"schema": "2.0", "stages": {"a": {"cmd": "one"}, "b": {"cmd": "other"}}}).encode()
MORE = KNOWN + b"  c:\n    cmd: third\n"
CUT = {
    "empty": b"",
    "within the first entry": KNOWN[: KNOWN.index(b"one") - 2],
    "before the second": KNOWN[: KNOWN.index(b"  b:")],
    "within a new one": MORE[: MORE.index(b"third") - 2],
    "within a character": KNOWN + b"\xff",
}
# a DVC that writes dvc.lock and runs a stage, which ends a moment after it was asked to
FAKE = """#!/bin/sh
: > dvc.lock
sh -c 'trap "echo saved > checkpoint; exit" TERM; echo $$ > stage; while :; do sleep 0.1; done' &
echo $$ > dvc
wait
touch next
"""
CALL = """
import sys
from dscnn.tools import dvc_process
sys.executable = "./fake"
try:
    with dvc_process.stoppable():
        dvc_process.dvc(["repro"])
except KeyboardInterrupt:
    sys.exit(3)
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("cut", CUT.values(), ids=CUT)
def test_a_lock_file_that_was_being_written_is_as_before(here: Path, cut: bytes) -> None:
    """Wherever it was cut: what DVC could not read, and what has lost a stage."""
    lock.PATH.write_bytes(cut)
    dvc_process.mend(KNOWN)
    assert lock.PATH.read_bytes() == KNOWN
    assert [path.name for path in here.iterdir()] == ["dvc.lock"]


@pytest.mark.parametrize("known", [KNOWN, b"", None])
def test_a_lock_file_that_is_whole_stays(known: bytes | None) -> None:
    """With what ran since."""
    lock.PATH.write_bytes(MORE)
    dvc_process.mend(known)
    assert lock.PATH.read_bytes() == MORE


def test_a_first_lock_file_that_was_being_written_goes() -> None:
    """There was none before."""
    lock.PATH.write_bytes(CUT["within the first entry"])
    dvc_process.mend(None)
    assert not lock.PATH.exists()


def test_without_a_lock_file_there_is_nothing_to_mend(here: Path) -> None:
    """No stage had run."""
    dvc_process.mend(None)
    assert [*here.iterdir()] == []


def test_a_lock_file_that_was_broken_before_stays() -> None:
    """It is a person's to settle, say two sides of a merge."""
    lock.PATH.write_bytes(b"<<<<<<< ours\n")
    dvc_process.mend(b"<<<<<<< ours\n>>>>>>> theirs\n")
    assert lock.PATH.read_bytes() == b"<<<<<<< ours\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_this_process_alone_ends_all(here: Path, number: signal.Signals) -> None:
    """DVC at once, so that it starts no other stage; the stage in its own time; dvc.lock is as before."""
    lock.PATH.write_bytes(KNOWN)
    (here / "fake").write_text(FAKE)
    (here / "fake").chmod(0o755)
    started = [here / "dvc", here / "stage"]
    environment = os.environ | {"PYTHONPATH": str(PROJECT / "src")}
    with subprocess.Popen([sys.executable, "-c", CALL], env=environment, start_new_session=True) as process:
        until(lambda: all(path.exists() and path.read_text().strip() for path in started))
        process.send_signal(number)
    assert process.returncode == 3
    assert all(ended(int(path.read_text())) for path in started)
    assert (here / "checkpoint").read_text() == "saved\n"
    assert not (here / "next").exists()
    assert lock.PATH.read_bytes() == KNOWN


def test_sigterm_is_what_it_was_after_that() -> None:
    """Within the block it is an interrupt."""
    before = signal.getsignal(signal.SIGTERM)
    with dvc_process.stoppable(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
