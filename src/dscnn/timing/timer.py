"""Timing of calls: the median of a few, interleaved rounds, and their summary. One clock for everything."""

import random
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, Protocol, TypeVar

from dscnn.core.device import tf
from dscnn.core.files import significant

CALLS = 3
TRIES = 10
Call = Callable[[], Any]
Say = Callable[[str], None]
Timing = dict[str, Any]
Name = TypeVar("Name")


class Rounds(Protocol):
    """How long is timed: `benchmark`, `probes` or `breakeven` of params.yaml."""

    @property
    def rounds(self) -> int: ...
    @property
    def round_seconds(self) -> float: ...


def seconds(call: Call, least: float) -> float:
    """Return the median time of calls that fill `least` seconds, by a monotonic clock, after as many not timed."""
    once(call, least)
    return once(call, least)


def once(call: Call, least: float) -> float:
    """Return the median time of calls that fill `least` seconds, `CALLS` or more, without any before."""
    return median(_times(call, CALLS, least))


def fastest(call: Call, least: float) -> float:
    """Return the shortest time of `TRIES` calls or more that fill `least` seconds, after one that is not timed.

    That is how STREAM finds what a machine reaches; a median of a few calls would be what it reaches at that moment.
    """
    call()
    return min(_times(call, TRIES, least))


def _times(call: Call, calls: int, least: float) -> list[float]:
    times: list[float] = []
    while len(times) < calls or sum(times) < least:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return times


def compiled(function: Callable[..., Any], *arguments: Any) -> Call:
    """Return a call of `function` as a TensorFlow graph, which ends when the device has done it."""
    made = tf.function(function, autograph=False).get_concrete_function(*arguments)
    if not tf.config.get_visible_devices("GPU"):
        return lambda: made(*arguments)

    def call() -> Any:
        outputs = made(*arguments)
        tf.test.experimental.sync_devices()
        return outputs

    return call


def summary(times: list[float]) -> Timing:
    """Return the median of `times`, the least, the most, and all of them by round, in seconds with four digits."""
    figures = {"median": median(times), "min": min(times), "max": max(times)}
    return {name: significant(value) for name, value in figures.items()} | {"rounds": [*map(significant, times)]}


def milliseconds(timing: Timing) -> str:
    """Return the median of `timing` as text, with the least and the most."""
    middle, least, most = (f"{1e3 * timing[figure]:.4g}" for figure in ("median", "min", "max"))
    return f"{middle} ms ({least} to {most})"


def saying(say: Say, what: str) -> Say:
    """Return `say` for the rounds of `what`."""
    return lambda done: say(f"{what}, {done}")


def interleaved(calls: Mapping[Name, Call], timed: Rounds, say: Say) -> dict[Name, list[float]]:
    """Return the times of all `calls`, one a round, after a round that does not count.

    Each round has an order of its own, drawn by a fixed seed, so that no call always follows the same other one.
    """
    times: dict[Name, list[float]] = {name: [] for name in calls}
    order, chance = [*calls], random.Random(0)
    for number in range(timed.rounds + 1):
        say(f"round {number}/{timed.rounds}")
        chance.shuffle(order)
        for name in order:
            times[name].append(once(calls[name], timed.round_seconds))
    return {name: values[1:] for name, values in times.items()}
