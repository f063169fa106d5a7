import math
from typing import Any

import pytest

from dscnn.reporting.sections import wording

ROW: dict[str, Any] = {
    "difference": 0.012, "low": 0.006, "high": 0.018, "p": 0.003, "verdict": "more", "within_margin": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "within", "said"),
    [
        ("more", False, "B is more accurate than A"),
        ("more", True, "B is more accurate than A by less than 2 points"),
        ("less", False, "B is less accurate than A"),
        ("less", True, "B is less accurate than A by less than 2 points"),
        ("alike", True, "B and A are alike within 2 points"),
        ("unknown", False, "B and A cannot be told apart"),
    ],
)
def test_each_verdict_has_its_words(verdict: str, within: bool, said: str) -> None:
    """And the margin, where the difference is shown to be less."""
    assert wording.verdict("B", "A", ROW | {"verdict": verdict, "within_margin": within}, 2.0) == said


@pytest.mark.parametrize(
    ("changed", "begins"),
    [
        ({}, ""),
        ({"verdict": "unknown", "low": -0.03}, ""),
        ({"verdict": "unknown"}, " The interval leaves out 0, "),
        ({"verdict": "unknown", "low": 0.0}, " The interval leaves out 2 points, "),
        ({"verdict": "unknown", "low": 0.0, "high": 0.02}, ""),
        (
            {"verdict": "alike", "low": 0.0, "high": 0.02, "within_margin": True},
            " The interval reaches past 2 points, ",
        ),
        ({"verdict": "alike", "low": -0.021, "within_margin": True}, " The interval reaches past 2 points, "),
        ({"verdict": "alike", "low": 0.0, "within_margin": True}, ""),
    ],
)
def test_a_verdict_that_its_interval_seems_to_deny_is_explained(changed: dict[str, Any], begins: str) -> None:
    """The interval is from 0.6 to 1.8 points, if nothing else is given; the margin is 2 points."""
    said = wording.surprising(ROW | changed, 2.0)
    assert said.startswith(begins)
    assert bool(said) == bool(begins)


def test_numbers_are_points_with_two_decimals() -> None:
    """Shares are given; p has three decimals, and is never said to be 0."""
    assert wording.interval(ROW) == "+1.20 (+0.60 to +1.80)"
    assert wording.ends(-0.5, math.inf) == "-50.00 to +inf"
    assert [wording.points(count) for count in (1.0, 2, 0.5)] == ["1 point", "2 points", "0.5 points"]
    assert [wording.probability(p) for p in (0.0009, 0.001, 0.5)] == ["< 0.001", "0.001", "0.500"]
