import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_ind

from dscnn.statistics import comparisons, images, runs
from dscnn.statistics.comparisons import Compared
from dscnn.statistics.difference import Difference

SURE = Compared(0.012, 0.006, 0.018, 0.003, 0.7)


@pytest.mark.parametrize("each", [[0.01, 0.04, 0.03], [0.5, 0.02], [0.9, 0.8, 0.7], [0.001], [0.02, 0.02, 0.02, 0.9]])
def test_holms_correction_is_that_of_statsmodels(each: list[float]) -> None:
    """In the order given; none above 1."""
    assert comparisons.holm(each) == pytest.approx([*multipletests(each, method="holm")[1]])


def test_what_is_no_number_counts_as_no_comparison() -> None:
    """It stays so, wherever it stands."""
    found = comparisons.holm([math.nan, 0.01, math.nan, 0.02])
    assert [found[1], found[3]] == pytest.approx([0.02, 0.02])
    assert math.isnan(found[0])
    assert math.isnan(found[2])
    assert comparisons.holm([]) == []


@pytest.mark.parametrize(
    ("value", "p", "outside", "said"),
    [
        (0.02, 0.01, 0.9, "more"),
        (-0.02, 0.01, 0.9, "less"),
        (0.002, 0.01, 0.01, "more"),
        (0.002, 0.3, 0.01, "alike"),
        (0.002, 0.3, 0.05, "unknown"),
        (0.0, math.nan, math.nan, "unknown"),
        (0.002, 0.05, 0.9, "unknown"),
    ],
)
def test_the_verdict(value: float, p: float, outside: float, said: str) -> None:
    """A sure difference is one however small; no number is never sure."""
    assert SURE._replace(value=value, p=p, outside=outside).verdict == said


def test_both_questions_of_a_family_are_corrected() -> None:
    """Three pairs that would each be alike alone, by statsmodels' two one-sided tests, are not so together."""
    first = [0.80, 0.81, 0.79, 0.80]
    others = [[0.803, 0.812, 0.794, 0.806], [0.804, 0.812, 0.793, 0.804], [0.802, 0.813, 0.795, 0.805]]
    margin = 0.0168
    plain = [ttost_ind(other, first, -margin, margin, usevar="unequal")[0] for other in others]
    assert max(plain) < 0.05 < 3 * min(plain)
    alone = [comparisons.alone(runs.difference(first, other), margin) for other in others]
    assert [each.verdict for each in alone] == ["alike"] * 3
    together = comparisons.corrected(alone)
    assert [each.outside for each in together] == pytest.approx([*multipletests(plain, method="holm")[1]])
    assert [each.verdict for each in together] == ["unknown"] * 3
    p = [stats.ttest_ind(other, first, equal_var=False).pvalue for other in others]
    assert [each.p for each in together] == pytest.approx([*multipletests(p, method="holm")[1]])
    assert [(each.low, each.high) for each in together] == [(each.low, each.high) for each in alone]


def test_no_surer_takes_the_wider_end_and_the_larger_p_of_each() -> None:
    """What is not known of the other changes nothing: with one seed there are images alone."""
    other = Compared(0.012, -0.001, 0.025, 0.06, 0.6)
    assert comparisons.no_surer(SURE, other) == Compared(0.012, -0.001, 0.025, 0.06, 0.7)
    assert comparisons.no_surer(other, SURE) == Compared(0.012, -0.001, 0.025, 0.06, 0.7)
    assert comparisons.no_surer(SURE, comparisons.alone(Difference(0.012), 0.01)) == SURE


@pytest.mark.parametrize("spread", [0.3, 0.1])
def test_two_seeds_of_unequal_spread_raise_no_more_false_alarms(spread: float) -> None:
    """Of 2,000 experiments in which two equal networks vary unequally, 5 in 100 or fewer tell them apart.

    By the test on new images alone it is 7 in 100.
    """
    random = np.random.default_rng(2)
    found, alone = [], []
    for _ in range(2000):
        easy = random.random(400)
        first, second = (
            easy + random.normal(0, 0.05, (2, 400)) < 0.8 + random.normal(0, 0.03 * each, (2, 1))
            for each in (1.0, spread)
        )
        these, new = runs.difference(first.mean(1), second.mean(1)), images.difference(first, second)
        alone.append(new.p < 0.05)
        found.append(comparisons.no_surer(*(comparisons.alone(each, 0.01) for each in (new, these))).p < 0.05)
    assert np.mean(found) <= 0.05 < 0.06 < np.mean(alone)
