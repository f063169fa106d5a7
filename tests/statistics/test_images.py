import math

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm
from statsmodels.stats.contingency_tables import mcnemar

from dscnn.statistics import images


def test_one_run_each_is_a_paired_test_over_images() -> None:
    """Of 100 images 6 are right only with the second, 2 only with the first: mean .04, and their variance by hand."""
    first, second = np.zeros((1, 100), bool), np.zeros((1, 100), bool)
    second[0, :6] = first[0, 6:8] = True
    found = images.difference(first, second)
    assert found.value == pytest.approx(0.04)
    assert found.error == pytest.approx(math.sqrt((8 - 100 * 0.04**2) / 99 / 100))
    assert found.freedom == 99


def test_the_variance_by_hand() -> None:
    """A table of 2 runs and 4 images, against one in which every run has everything right.

    The first has means 3/4 and 1/4 by run (variance 1/8, of their mean 1/16), and 1, 1/2, 1/2, 0 by image (variance
    1/6, of their mean 1/24). What neither explains is a quarter up or down in each cell: 1/2 in sum, over 3 degrees
    1/6, over 8 cells 1/48.
    """
    first = np.array([[1, 1, 1, 0], [1, 0, 0, 0]], bool)
    found = images.difference(first, np.ones((2, 4), bool))
    assert found.value == pytest.approx(0.5)
    variance = 1 / 16 + 1 / 24 - 1 / 48
    assert found.error == pytest.approx(math.sqrt(variance))
    assert found.freedom == pytest.approx(variance**2 / ((1 / 16) ** 2 / 1 + (1 / 24) ** 2 / 3))


def test_networks_that_are_right_alike_say_nothing_of_chance() -> None:
    """No interval of length zero, no p of 0."""
    same = np.ones((3, 50), bool)
    assert math.isnan(images.difference(same, same).p)


def test_the_images_part_stays_however_many_seeds() -> None:
    """The half-width is that of a mean of as many differences."""
    first, second = np.zeros((1, 100), bool), np.zeros((1, 100), bool)
    second[0, :50] = True
    assert images.half_width(first, second) == pytest.approx(norm.ppf(0.975) * math.sqrt(0.25 * 100 / 99) / 10)


def test_the_images_part_leaves_out_what_more_runs_would_take_away() -> None:
    """The table above by hand: a variance of 1/6 by image, less 1/6 for each of two runs, over 4 images."""
    first = np.array([[1, 1, 1, 0], [1, 0, 0, 0]], bool)
    assert images.half_width(first, np.ones((2, 4), bool)) == pytest.approx(norm.ppf(0.975) * math.sqrt(1 / 12 / 4))


def test_the_images_part_is_the_same_with_few_runs_and_many() -> None:
    """Half of the images are harder for the second, by .2: a variance of .01. Runs are right by chance."""
    random = np.random.default_rng(0)
    chances = np.where(np.arange(40_000) % 2, 0.9, 0.7)
    truth = norm.ppf(0.975) * math.sqrt(0.01 / 40_000)
    for runs in (2, 50):
        first, second = random.random((runs, 40_000)) < 0.9, random.random((runs, 40_000)) < chances
        assert images.half_width(first, second) == pytest.approx(truth, rel=0.2), runs


def test_mcnemar_counts_what_only_one_has_right() -> None:
    """Mid-p is the exact p, as statsmodels has it, less the probability of what was seen: 10 and 3 of 13."""
    first, second = np.zeros(40, bool), np.zeros(40, bool)
    first[:10], second[10:13] = True, True
    first[20:30] = second[20:30] = True
    only_first, only_second, p = images.mcnemar(first, second)
    assert (only_first, only_second) == (10, 3)
    exact = mcnemar([[10, 10], [3, 17]], exact=True).pvalue
    assert p == pytest.approx(exact - math.comb(13, 3) / 2**13)
    assert images.mcnemar(second, first) == (3, 10, p)


def test_mcnemar_of_equal_networks_is_no_difference() -> None:
    """Neither where they never differ nor where they differ as often either way is p above 1."""
    same = np.ones(5, bool)
    assert images.mcnemar(same, same) == (0, 0, 1)
    halves = np.array([1, 1, 0, 0], bool)
    assert images.mcnemar(halves, ~halves) == (2, 2, 1)


SHIFT = 0.2


def experiments(count: int, runs: int, size: int, seeds: float) -> tuple[float, list[images.Difference]]:
    """Return the true difference of two simulated networks, and what is found of it in `count` experiments.

    An image's difficulty, one of a network for it, a run's quality and chance add up to the log odds of being right.
    """
    random = np.random.default_rng(0)

    def right(difficulty: np.ndarray, shift: float) -> np.ndarray:
        own, quality = random.normal(0, 0.5, difficulty.shape), random.normal(0, seeds, (runs, 1))
        odds = 1.5 + shift + 2 * difficulty + own + quality + random.normal(0, 0.8, (runs, len(difficulty)))
        made: np.ndarray = random.random(odds.shape) < expit(odds)
        return made

    spread = math.sqrt(2**2 + 0.5**2 + seeds**2 + 0.8**2)
    points = np.linspace(-8, 8, 4001)
    weights = norm.pdf(points) / norm.pdf(points).sum()
    first, second = (float(weights @ expit(1.5 + shift + spread * points)) for shift in (0, SHIFT))
    found = []
    for _ in range(count):
        difficulty = random.normal(size=size)
        found.append(images.difference(right(difficulty, 0), right(difficulty, SHIFT)))
    return second - first, found


@pytest.mark.parametrize(("runs", "size", "seeds"), [(1, 400, 0.0), (3, 400, 0.2), (5, 400, 0.1), (10, 300, 0.3)])
def test_intervals_hold_the_truth_95_times_in_100(runs: int, size: int, seeds: float) -> None:
    """Of 2,000 experiments, each with new runs and new images; three runs make the interval a little too wide."""
    truth, found = experiments(2000, runs, size, seeds)
    assert np.mean([each.value for each in found]) == pytest.approx(truth, abs=0.002)
    assert 0.93 <= np.mean([each.low <= truth <= each.high for each in found]) <= 0.97 + 0.01 * (runs == 3)
