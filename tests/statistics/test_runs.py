import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.weightstats import ttost_ind

from dscnn.statistics import runs

FIRST, SECOND = [0.80, 0.82, 0.79, 0.81, 0.80], [0.83, 0.81, 0.84, 0.85, 0.80]


def test_the_difference_is_welchs() -> None:
    """SciPy has the same test and interval; statsmodels the same equivalence test."""
    found = runs.difference(FIRST, SECOND)
    other = stats.ttest_ind(SECOND, FIRST, equal_var=False)
    assert found.value == pytest.approx(0.022)
    assert found.p == pytest.approx(other.pvalue)
    ends = other.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
    assert found.outside(0.05) == pytest.approx(ttost_ind(SECOND, FIRST, -0.05, 0.05, usevar="unequal")[0])
    assert found.outside(0.02) == pytest.approx(ttost_ind(SECOND, FIRST, -0.02, 0.02, usevar="unequal")[0])


@pytest.mark.parametrize(("first", "second"), [([0.8], [0.7, 0.9]), ([0.8], [0.7]), ([0.8, 0.8], [0.7, 0.7])])
def test_one_run_or_equal_runs_say_nothing_of_chance(first: list[float], second: list[float]) -> None:
    """The value is known, and how many runs would be enough is not, unless the runs of one differ."""
    found = runs.difference(first, second)
    assert found.value == pytest.approx(np.mean(second) - np.mean(first))
    assert math.isnan(found.p)
    assert math.isnan(found.low)
    assert runs.enough(first, second, 0.01) is None


def test_the_interval_of_a_mean_is_that_of_scipy() -> None:
    """One run has none."""
    ends = stats.ttest_1samp(FIRST, 0).confidence_interval(0.95)
    assert runs.mean_interval(FIRST) == pytest.approx((ends.low, ends.high))
    assert all(math.isnan(end) for end in runs.mean_interval([0.8]))
    assert all(math.isnan(end) for end in runs.mean_interval([0.8, 0.8]))


@pytest.mark.parametrize("first", [FIRST, [0.8, 0.8, 0.8, 0.8, 0.8]])
def test_the_interval_of_one_new_run_by_the_textbook(first: list[float]) -> None:
    """The t quantile times the root of v1 (1 + 1/n) + v2 (1 + 1/n), with the degrees of freedom of that sum."""
    found = runs.difference(first, SECOND)
    parts = [float(np.var(each, ddof=1)) * (1 + 1 / 5) for each in (first, SECOND)]
    freedom = sum(parts) ** 2 / sum(part**2 / 4 for part in parts)
    half = stats.t.ppf(0.975, freedom) * math.sqrt(sum(parts))
    value = np.mean(SECOND) - np.mean(first)
    assert runs.single(found.low, found.high, 5) == pytest.approx((value - half, value + half))


@pytest.mark.parametrize("count", [3, 5, 10])
def test_intervals_of_one_new_run_hold_it_95_times_in_100(count: int) -> None:
    """Of 4,000 experiments with a further run of each; those of the mean hold it far less often."""
    random = np.random.default_rng(count)
    first, second = random.normal(0.80, 0.002, (4000, count)), random.normal(0.81, 0.004, (4000, count))
    new = random.normal(0.81, 0.004, 4000) - random.normal(0.80, 0.002, 4000)
    means = [runs.difference(*each) for each in zip(first, second, strict=True)]
    singles = [runs.single(each.low, each.high, count) for each in means]
    held = np.mean([low <= one <= high for (low, high), one in zip(singles, new, strict=True)])
    assert 0.94 <= held <= 0.97
    assert np.mean([each.low <= one <= each.high for each, one in zip(means, new, strict=True)]) < 0.85


def test_the_correlation_is_of_the_same_seeds() -> None:
    """Two seeds always lie on a line, and equal runs on none."""
    assert runs.correlation([1, 2, 3], [2, 4, 7]) == pytest.approx(np.corrcoef([1, 2, 3], [2, 4, 7])[0, 1])
    assert runs.correlation([3, 1, 2], [1, 3, 2]) == pytest.approx(-1)
    assert math.isnan(runs.correlation([1, 2], [2, 4]))
    assert math.isnan(runs.correlation([1, 1, 1], [2, 4, 7]))


def power(count: int, deviation: float, margin: float, level: float, distance: float) -> float:
    """Return the power by another way: a mean over 100,000 quantiles of the estimated variance; means may differ."""
    freedom, error = 2 * (count - 1), deviation * math.sqrt(2 / count)
    shares = (np.arange(100_000) + 0.5) / 100_000
    estimates = error * np.sqrt(stats.chi2.ppf(shares, freedom) / freedom)
    half = np.maximum(margin - stats.t.ppf(1 - level, freedom) * estimates, 0)
    return float(np.mean(stats.norm.cdf((half - distance) / error) - stats.norm.cdf((-half - distance) / error)))


@pytest.mark.parametrize(
    ("count", "deviation", "margin", "level"),
    [(15, 18.0, 19.2, 0.05), (15, 18.0, 12.0, 0.05), (2, 0.5, 1.0, 0.05), (5, 0.5, 1.0, 0.005), (300, 1.0, 0.2, 0.02)],
)
def test_the_power_is_that_of_toster(count: int, deviation: float, margin: float, level: float) -> None:
    """R's package TOSTER has .69339 for two samples of 15, difference -4, deviation 18 and bounds of 19.2."""
    assert power(15, 18, 19.2, 0.05, distance=-4) == pytest.approx(0.69339, abs=1e-5)
    for share in (0.0, 0.4, -0.4, 0.9):
        expected = power(count, deviation, margin, level, distance=share * margin)
        assert runs.power(count, deviation, margin, level, share * margin) == pytest.approx(expected, abs=1e-5)
    assert runs.power(15, 18, 19.2, 0.05, -4) == pytest.approx(0.69339, abs=1e-5)


@pytest.mark.parametrize(("count", "level"), [(2, 0.05), (5, 0.05), (5, 0.02)])
def test_the_power_is_the_share_of_successes(count: int, level: float) -> None:
    """By 20,000 simulated experiments with a deviation of 0.5 and a margin of 1; its error is below .004."""
    random = np.random.default_rng(1)
    first, second = random.normal(0, 0.5, (2, 20_000, count))
    error = np.sqrt((first.var(1, ddof=1) + second.var(1, ddof=1)) / count)
    limit = stats.t.ppf(1 - level, 2 * (count - 1))
    shown = np.abs(second.mean(1) - first.mean(1)) < 1 - limit * error
    assert runs.power(count, 0.5, 1.0, level) == pytest.approx(shown.mean(), abs=0.012)


@pytest.mark.parametrize(("count", "deviation"), [(2, 1e-4), (700, 0.001), (1000, 0.01)])
def test_runs_that_hardly_differ_are_surely_alike(count: int, deviation: float) -> None:
    """Where the estimate's distribution is a narrow peak far from the ends of what is integrated."""
    assert runs.power(count, deviation, 0.01 * count**0.5, 0.05) == pytest.approx(1)


def test_enough_is_the_first_number_with_that_power() -> None:
    """About as many as tell a difference of the margin: two one-sided tests at 90 % against one two-sided at 80 %."""
    rough = TTestIndPower().solve_power(0.01 / 0.02, power=0.8, alpha=0.05)
    random = np.random.default_rng(0)
    first, second = (0.8 + 0.02 * stats.zscore(random.normal(size=9), ddof=1) for _ in range(2))  # of equal means
    found = runs.enough(first, second, 0.01)
    assert found is not None
    assert rough < found < 1.3 * rough
    assert runs.power(found - 1, 0.02, 0.01, 0.05) < 0.8 <= runs.power(found, 0.02, 0.01, 0.05)
    assert runs.enough([0.1, 0.9], [0.2, 0.8], 0.001) is None, "more than 1000"


def test_enough_is_for_the_measured_difference() -> None:
    """With 6 runs, enough for equal networks, 20,000 simulated experiments at -0.46 points succeed too seldom."""
    deviation, level = 0.0050, 0.05 / 3
    random = np.random.default_rng(3)
    first = 0.97 + deviation * stats.zscore(random.normal(size=5), ddof=1)
    second = first[::-1]
    equal, found = (runs.enough(first, second - distance, 0.01, comparisons=3) for distance in (0, 0.0046))
    assert equal is not None
    assert found is not None
    assert equal < found
    assert found == runs.enough(first, second + 0.0046, 0.01, comparisons=3), "either way"
    for count, low, high in ((equal, 0.3, 0.5), (found, 0.79, 0.85)):
        one, other = random.normal(0, deviation, (2, 20_000, count))
        difference = other.mean(1) - one.mean(1) - 0.0046
        error = np.sqrt((one.var(1, ddof=1) + other.var(1, ddof=1)) / count)
        shown = np.abs(difference) < 0.01 - stats.t.ppf(1 - level, 2 * (count - 1)) * error
        assert low < shown.mean() < high, count


def test_no_number_shows_a_difference_of_the_margin_to_be_within_it() -> None:
    """Nor one of more; of a little less it takes more than 1000."""
    first = 0.8 + 0.001 * np.array([-1.0, 0, 0, 1])
    for distance in (0.00999, 0.01, 0.02, -0.02):
        assert runs.enough(first, first + distance, 0.01) is None
    assert runs.enough(first, first + 0.005, 0.01) is not None


@pytest.mark.parametrize("count", [2, 3, 5, 10])
def test_intervals_hold_the_truth_95_times_in_100(count: int) -> None:
    """Of 4,000 experiments in which one network varies twice as much as the other; false alarms are the rest."""
    random = np.random.default_rng(count)
    first, second = random.normal(0.80, 0.002, (4000, count)), random.normal(0.81, 0.004, (4000, count))
    found = [runs.difference(*each) for each in zip(first, second, strict=True)]
    held = np.mean([each.low <= 0.01 <= each.high for each in found])
    assert 0.93 <= held <= 0.97 + 0.01 * (count == 2), "two runs make Welch's interval a little too wide"


def test_two_runs_can_be_enough() -> None:
    """The fewest that have a deviation, where it is a hundredth of the margin."""
    first, second = [0.8, 0.8002], [0.803, 0.8028]
    assert runs.power(2, 0.0001 * 2**0.5, 0.01, 0.05) > 0.8
    assert runs.enough(first, second, 0.01) == 2
