import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import cycle

import pytest

from dscnn.core.device import tf
from dscnn.timing import timer
from timed import Timed

THREE = Timed(3, 0.1)


def ticking(monkeypatch: pytest.MonkeyPatch, taken: Iterator[float]) -> None:
    """Make the clock advance between its first and second reading, its third and fourth, and so on, by `taken`."""
    now, running = [0.0], cycle([False, True])

    def tick() -> float:
        now[0] += next(taken) if next(running) else 0
        return now[0]

    monkeypatch.setattr(time, "perf_counter", tick)


def test_once_is_the_median_of_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow call of three does not count."""
    ticking(monkeypatch, iter([0.001, 0.001, 0.009]))
    assert timer.once(lambda: None, 0.005) == pytest.approx(0.001)


@pytest.mark.parametrize(("least", "calls"), [(0.0, 3), (0.75, 3), (1.5, 6), (2.0, 8)])
def test_calls_fill_the_time(monkeypatch: pytest.MonkeyPatch, least: float, calls: int) -> None:
    """Each takes a quarter of a second; they are three at the least."""
    ticking(monkeypatch, cycle([0.25]))
    made: list[None] = []
    assert timer.once(lambda: made.append(None), least) == 0.25
    assert len(made) == calls


def test_the_first_calls_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many calls as are timed go before."""
    ticking(monkeypatch, iter([9.0] * 3 + [1.0] * 3))
    assert timer.seconds(lambda: None, 3.0) == 1


def test_the_fastest_call_is_that_of_ten_after_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """However short they are, and more if they fill the time with more; the first, which is not timed, is no call."""
    made: list[None] = []
    ticking(monkeypatch, iter([0.3, 0.2, 0.4, *[0.3] * 7]))
    assert timer.fastest(lambda: made.append(None), 0.0) == pytest.approx(0.2)
    assert len(made) == 11
    ticking(monkeypatch, cycle([0.25]))
    assert timer.fastest(lambda: made.append(None), 5.0) == 0.25
    assert len(made) == 11 + 21


def test_calls_are_interleaved_and_the_first_round_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has one call in each round, and each round is announced."""
    order: list[str] = []
    said: list[str] = []
    monkeypatch.setattr(timer, "once", lambda call, least: call())

    def call(name: str) -> float:
        order.append(name)
        return float(len(order))

    times = timer.interleaved({"a": lambda: call("a"), "b": lambda: call("b")}, THREE, said.append)
    assert [sorted(order[first : first + 2]) for first in range(0, 8, 2)] == [["a", "b"]] * 4
    assert times == {name: [1 + i for i, each in enumerate(order) if each == name and i > 1] for name in "ab"}
    assert said == ["round 0/3", "round 1/3", "round 2/3", "round 3/3"]


def test_the_order_within_a_round_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """In 200 rounds each of three calls is first, and each pair neighbours, about as often; again in the same order."""
    monkeypatch.setattr(timer, "once", lambda call, least: call())

    def drawn() -> list[str]:
        order: list[str] = []
        calls = {name: partial(lambda name: order.append(name) or 0.0, name) for name in "abc"}
        timer.interleaved(calls, Timed(200, 0.1), lambda text: None)
        return ["".join(order[first : first + 3]) for first in range(0, len(order), 3)]

    rounds = drawn()
    assert rounds == drawn()
    counts = Counter(rounds)
    assert len(counts) == 6
    assert min(counts.values()) > 15, "200 / 6 are 33, with a standard deviation of 5"


def test_a_summary_is_median_extremes_and_rounds() -> None:
    """All have four digits."""
    assert timer.summary([0.0123456, 0.01, 0.02]) == {
        "median": 0.01235, "min": 0.01, "max": 0.02, "rounds": [0.01235, 0.01, 0.02]
    }  # fmt: skip


def test_a_compiled_call_computes() -> None:
    """It gives the function of its arguments each time."""
    call = timer.compiled(lambda x, y: x + y, tf.constant(1.0), tf.constant(2.0))
    assert [float(call()) for _ in range(2)] == [3.0, 3.0]


@pytest.mark.parametrize(("gpus", "waits"), [(["one"], 2), ([], 0)])
def test_a_compiled_call_waits_for_a_gpu(monkeypatch: pytest.MonkeyPatch, gpus: list[str], waits: int) -> None:
    """Once each time, since it would end before the work does; without a GPU never."""
    waited: list[None] = []
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: {"GPU": gpus}[kind])
    monkeypatch.setattr(tf.test.experimental, "sync_devices", lambda: waited.append(None))
    call = timer.compiled(lambda x: x + 1, tf.constant(1.0))
    assert waited == []
    assert [float(call()) for _ in range(2)] == [2.0, 2.0]
    assert len(waited) == waits
