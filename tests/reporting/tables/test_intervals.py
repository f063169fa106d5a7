import numpy as np
import pytest
from scipy.stats import binom

from dscnn.reporting.tables import intervals


def test_a_median_with_the_ends_of_its_interval() -> None:
    """Of the numbers 1 to 15 the ends of the 95 % interval are the binomial ones, give or take one."""
    found = intervals.median(list(range(1, 16)))
    low, high = binom.ppf([0.025, 0.975], 15, 0.5)
    assert found.value == 8
    assert (found.low, found.high) == (pytest.approx(low + 0.5, abs=1), pytest.approx(high + 0.5, abs=1))
    assert intervals.median(list(range(1, 16))) == found, "the same each time"


def test_a_ratio_is_taken_round_by_round() -> None:
    """What slows both down by the same factor changes nothing; apart, the intervals would be wide."""
    slow = np.random.default_rng(0).lognormal(0, 1, 20)
    assert intervals.ratio(3 * slow, 2 * slow) == pytest.approx((1.5, 1.5, 1.5))
    assert intervals.median(slow).high > 1.5 * intervals.median(slow).low


def test_groups_are_drawn_apart_and_what_is_in_one_together() -> None:
    """A difference within a group is exact, one across groups is not."""
    values = np.arange(9.0)
    same = intervals.of(lambda one, other: (values[one] - values[one]).mean(axis=-1), 9, 9)
    apart = intervals.of(lambda one, other: (values[one] - values[other]).mean(axis=-1), 9, 9)
    assert same == (0, 0, 0)
    assert apart.low < -1 < 1 < apart.high


def test_one_round_has_no_interval() -> None:
    """Its ends are the value: nothing is known of the spread."""
    assert intervals.median([2.5]) == (2.5, 2.5, 2.5)


def test_a_value_is_inside_its_interval() -> None:
    """Of a sum of medians, each of 6 fast and 5 slow rounds, what is drawn is mostly larger than the sum itself."""
    rounds = np.array([1.0] * 6 + [1.15] * 5)
    groups = range(20)
    own = intervals.of(lambda *drawn: sum(np.median(rounds[each], axis=-1) for each in drawn), *(11 for _ in groups))
    assert own.low == own.value == 20
    assert own.high > 20.5


def holds(own: intervals.Interval, number: float) -> bool:
    return own.low <= number <= own.high


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Of 600 samples of 15 rounds, whose times are skewed as those of a shared machine, 95 % do, give or take 4."""
    chance = np.random.default_rng(1)
    held = [holds(intervals.median(chance.lognormal(0, 0.2, 15)), 1.0) for _ in range(600)]
    assert 0.91 < np.mean(held) < 0.99


def test_equal_steps_are_seldom_told_apart() -> None:
    """Of 400 pairs of equal networks, on a machine that gets slower and faster for both, under a tenth."""
    chance = np.random.default_rng(2)

    def pair() -> intervals.Interval:
        machine = chance.lognormal(0, 0.3, 15)
        return intervals.ratio(machine * chance.lognormal(0, 0.05, 15), machine * chance.lognormal(0, 0.05, 15))

    assert np.mean([not holds(pair(), 1.0) for _ in range(400)]) < 0.1
