from typing import Any

import pytest

from dscnn.training import clock
from dscnn.training.clock import CONVENTION, Clock


def ticking(monkeypatch: pytest.MonkeyPatch, *ticks: float) -> None:
    """Let the monotonic clock show `ticks`, one after the other."""
    ahead = iter(ticks)
    monkeypatch.setattr(clock.time, "perf_counter", lambda: next(ahead))


def trained(made: Clock, epochs: int, first: int = 0) -> None:
    """Call `made` as Keras does in epochs of two steps."""
    for epoch in range(first, epochs):
        made.on_epoch_begin(epoch)
        made.on_train_batch_end(0)
        made.on_train_batch_end(1)
        made.on_test_begin()
        made.on_test_end()


def test_the_clock_counts_each_second_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In two epochs of two steps the first step is apart, and validation is apart."""
    ticking(monkeypatch, 0.0, 5.0, 7.0, 8.0, 10.0, 13.0, 14.0)
    made = Clock()
    trained(made, 2)
    reading = made.reading(images=48, batch_size=16)
    assert reading["epoch_seconds"] == [2, 3]
    assert reading["train_seconds"] == 5
    assert reading["validation_seconds"] == 2
    assert reading["starts"] == 1
    assert reading["images_per_second"] == (2 * 48 - 16) / 5


def test_the_clock_goes_on_after_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second process adds its epoch, and its first step is apart as well; the first one's state stays as it was."""
    ticking(monkeypatch, 0.0, 5.0, 7.0, 8.0, 100.0, 104.0, 105.0, 107.0)
    first, second = Clock(), Clock()
    trained(first, 1)
    state = first.state()
    second.restore(state)
    trained(second, 2, first=1)
    reading = second.reading(images=48, batch_size=16)
    assert reading["epoch_seconds"] == [2, 1]
    assert reading["validation_seconds"] == 3
    assert reading["starts"] == 2
    assert reading["images_per_second"] == (2 * 48 - 2 * 16) / 3
    assert state["epoch_seconds"] == [2]


def started(monkeypatch: pytest.MonkeyPatch, process: float, step: float) -> Any:
    """Return the seconds of a start, where the system's clock showed `process`, then `step` at the end of the first."""
    monkeypatch.setattr(clock.psutil, "Process", lambda: type("Process", (), {"create_time": lambda _: process})())
    monkeypatch.setattr(clock.time, "time", lambda: step)
    made = Clock()
    trained(made, 2)
    return made.reading(48, 16)["start_seconds"]


def test_start_up_is_counted_from_the_start_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """It lasts to the end of the first step, by the system's own record, so by its clock, as is said."""
    assert started(monkeypatch, 100.0, 106.5) == 6.5
    assert "start_seconds by the system's clock" in CONVENTION


def test_a_clock_that_was_set_back_gives_no_time_below_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """The start would be taken off the time of all processes."""
    assert started(monkeypatch, 100.0, 40.0) == 0


def test_the_load_of_the_machine_is_in_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the average of the last minute, and tells a time taken on a busy machine."""
    monkeypatch.setattr(clock.psutil, "getloadavg", lambda: (1.234, 20.0, 30.0))
    made = Clock()
    trained(made, 1)
    reading = made.reading(48, 16)
    assert reading["load_average"] == 1.23
    assert [name for name in reading if name.split("_")[-1] in ("seconds", "average") and name not in CONVENTION] == [
        "validation_seconds", "epoch_seconds",
    ], "every other figure is explained"  # fmt: skip


def test_other_processes_are_in_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """The highest of the starts counts; a process that resumes a training that has ended adds none."""
    used = iter([0.1, 0.7, 0.2])
    reading = {"reading": lambda _: {"other_processors": next(used)}}
    monkeypatch.setattr(clock, "Load", type("Load", (), reading))
    first, second, third = Clock(), Clock(), Clock()
    trained(first, 1)
    second.restore(first.state())
    trained(second, 2, first=1)
    state = second.state()
    assert state["other_processors"] == [0.1, 0.7]
    third.restore(state)
    assert third.reading(48, 16)["other_processors"] == 0.7
    trained(third, 3, first=2)
    assert third.reading(48, 16)["other_processors"] == 0.7
