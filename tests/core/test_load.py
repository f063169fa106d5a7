import subprocess
import sys
import time

import psutil
import pytest

from dscnn.core import load


def clocks(monkeypatch: pytest.MonkeyPatch, *readings: dict[str, float]) -> None:
    """Make the clocks show `readings`, one after the other: seconds of the clock, the process, each kind of time."""
    one_by_one = iter(readings)
    now: dict[str, float] = {}

    def cpu_times() -> object:
        now.clear()
        now.update(next(one_by_one))
        own = {name: value for name, value in now.items() if name not in ("clock", "process")}

        class Times:
            def _asdict(self) -> dict[str, float]:
                return own

        return Times()

    monkeypatch.setattr(psutil, "cpu_times", cpu_times)
    monkeypatch.setattr(time, "monotonic", lambda: now["clock"])
    monkeypatch.setattr(time, "process_time", lambda: now["process"])


def test_others_are_what_is_busy_without_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """In 10 s all processors were busy for 16 s, this process for 12; idle time and guests' count for nothing."""
    start = {"clock": 5.0, "process": 1.0, "user": 100.0, "system": 10.0, "idle": 7.0, "steal": 2.0, "guest": 50.0}
    end = {"clock": 15.0, "process": 13.0, "user": 115.0, "system": 11.0, "idle": 99.0, "steal": 2.5, "guest": 60.0}
    clocks(monkeypatch, start, end)
    assert load.Load().reading() == {"other_processors": 0.4, "stolen_processors": 0.05}


def test_a_system_that_tells_of_no_steal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as macOS: unknown is no zero. Clocks that tick apart make no negative load."""
    clocks(
        monkeypatch,
        {"clock": 0.0, "process": 0.0, "user": 0.0, "idle": 0.0},
        {"clock": 1.0, "process": 1.1, "user": 1.0, "idle": 1.0},
    )
    assert load.Load().reading() == {"other_processors": 0, "stolen_processors": None}


def test_a_busy_process_is_seen() -> None:
    """One that computes for half a second, while this one sleeps."""
    watch = load.Load()
    code = "import time\nwhile time.process_time() < 0.5: pass"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert watch.reading()["other_processors"] > 0.2
