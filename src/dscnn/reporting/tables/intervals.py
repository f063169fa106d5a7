"""Intervals of what was timed round by round: bootstrap over the rounds (Efron 1979), 95 %, by percentiles."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import bootstrap

from dscnn.statistics.difference import CONFIDENCE

RESAMPLES = 2000


class Interval(NamedTuple):
    """A value with the ends of its interval."""

    value: float
    low: float
    high: float


def of(statistic: Callable[..., Any], *rounds: int) -> Interval:
    """Return the interval of `statistic`, which is given an array of round numbers for each group of `rounds` rounds.

    Its arrays end in an axis of rounds, over which it reduces. Timings of one group were taken in the same rounds, so
    they are drawn together; groups are drawn apart from each other. The value is never outside: a sum of medians may be
    beyond the percentiles of those drawn.
    """
    everything = [np.arange(count) for count in rounds]
    value = float(statistic(*everything))
    if max(rounds) < 2:
        return Interval(value, value, value)
    found = bootstrap(
        everything, lambda *drawn, axis=-1: statistic(*drawn), n_resamples=RESAMPLES, confidence_level=CONFIDENCE,
        method="percentile", vectorized=True, rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    return Interval(value, min(value, float(found.low)), max(value, float(found.high)))


def median(rounds: Sequence[float]) -> Interval:
    """Return the median of `rounds`."""
    values = np.asarray(rounds)
    return of(lambda drawn: np.median(values[drawn], axis=-1), len(values))


def ratio(rounds: Sequence[float], base: Sequence[float]) -> Interval:
    """Return the median of the ratios of `rounds` to `base`, round by round: what slows down both cancels out."""
    return median(np.asarray(rounds) / np.asarray(base))
