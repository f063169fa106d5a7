import math

import pytest
from scipy import stats

from dscnn.statistics.difference import Difference, of_parts


def test_interval_and_p_are_those_of_students_t() -> None:
    """By tables: t of 10 degrees is 2.2281 at 97.5 %; 1.8125 has p = .1 two-sided."""
    found = Difference(1.8125, 1.0, 10)
    assert (found.low, found.high) == pytest.approx((1.8125 - 2.2281, 1.8125 + 2.2281), abs=1e-4)
    assert found.p == pytest.approx(0.1, abs=1e-4)
    assert Difference(-1.8125, 1.0, 10).p == found.p


def test_outside_a_margin_is_the_larger_of_two_one_sided_tests() -> None:
    """A margin of 3 is 1.8125 away from the value at the nearer side: p = .05."""
    found = Difference(1.1875, 1.0, 10)
    assert found.outside(3) == pytest.approx(0.05, abs=1e-4)
    each = [stats.t.sf((3 - side * 1.1875) / 1.0, 10) for side in (-1, 1)]
    assert found.outside(3) == pytest.approx(max(each))
    assert Difference(-1.1875, 1.0, 10).outside(3) == found.outside(3)
    assert Difference(4, 1.0, 10).outside(3) > 0.5


def test_the_freedom_of_a_sum_by_hand() -> None:
    """Two equal parts of 4 degrees each have 8 together; one part keeps its own; what counts twice is taken off."""
    assert of_parts(1, [(2, 4), (2, 4)]) == pytest.approx((1, 2, 8))
    assert of_parts(1, [(4, 4), (0, 9)]) == pytest.approx((1, 2, 4))
    assert of_parts(1, [(2, 4), (2, 4)], twice=1) == pytest.approx((1, math.sqrt(3), 9 / 2))


def test_the_variance_is_no_less_than_its_largest_part() -> None:
    """What is taken off is an estimate, and may be too large."""
    assert of_parts(0, [(4, 4), (1, 4)], twice=3).error == 2


def test_without_variance_nothing_is_known_of_chance() -> None:
    """Neither interval nor p is a number, and neither comes out as certainty."""
    found = of_parts(0.5, [(0.0, 4), (0.0, 4)])
    assert found.value == 0.5
    assert all(math.isnan(each) for each in (found.low, found.high, found.p, found.outside(1)))
