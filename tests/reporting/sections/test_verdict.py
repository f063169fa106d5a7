import math
from typing import Any

import pandas as pd
import pytest

from dscnn.reporting.sections import verdict
from frames import DIFFERENCES, NETWORKS, RELATIVE

ROW: dict[str, Any] = {
    "architecture": "B", "difference": 0.012, "low": 0.006, "high": 0.018, "verdict": "more", "seeds": 5,
}  # fmt: skip
STEP = {"share": 0.5, "low": 0.4, "high": 0.6}
FIRST = {"latency_ms": 2.0, "parameters": 1000, "macs": 100}
OWN = {"latency_ms": 1.0, "parameters": 250, "macs": 20}


def test_each_other_architecture_has_a_sentence_against_the_first() -> None:
    """Its numbers are those of tests/frames.py; a single architecture has nothing to be compared with."""
    (said,) = verdict.sentences(NETWORKS, RELATIVE, DIFFERENCES, 1.0)
    assert said.startswith("- **Separable instead of Regular**: no difference in accuracy could be shown, -14.44 (")
    assert said.endswith(
        " points on new images from 3 seeds. A training step takes less time: 0.625x (0.625x to 0.625x). One image"
        " takes 1x, at 0.25x the parameters and 0.125x the multiply-adds."
    )
    single = NETWORKS[NETWORKS["architecture"] == "Regular"]
    assert verdict.sentences(single, RELATIVE, DIFFERENCES.iloc[:0], 1.0) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "more accurate, +1.20 (+0.60 to +1.80) points on new images from 5 seeds"),
        ({"verdict": "less"}, "less accurate, +1.20 (+0.60 to +1.80) points on new images from 5 seeds"),
        ({"verdict": "alike"}, "as accurate within 2 points, +1.20 (+0.60 to +1.80) points on new images from 5 seeds"),
        (
            {"verdict": "unknown", "seeds": 1},
            "no difference in accuracy could be shown, +1.20 (+0.60 to +1.80) points on new images from 1 seed",
        ),
        ({"low": math.nan}, "each test image is right or wrong alike"),
    ],
)
def test_the_words_on_accuracy(changed: dict[str, Any], expected: str) -> None:
    """They follow from the verdict, and the evidence stands beside it."""
    assert verdict.accuracy(ROW | changed, 2.0) == expected


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (STEP, "A training step takes less time: 0.5x (0.4x to 0.6x)."),
        ({"share": 1.5, "low": 1.2, "high": 2.0}, "A training step takes more time: 1.5x (1.2x to 2x)."),
        (
            {"share": 0.9, "low": 0.8, "high": 1.1},
            "A training step takes as long, as far as can be told: 0.9x (0.8x to 1.1x).",
        ),
    ],
)
def test_the_words_on_time_follow_the_interval(step: dict[str, float], expected: str) -> None:
    """One that holds 1 is no difference."""
    assert verdict.cost(OWN, FIRST, step) == (
        f"{expected} One image takes 0.5x, at 0.25x the parameters and 0.2x the multiply-adds"
    )


def test_the_first_architecture_is_the_one_that_comes_first() -> None:
    """Not the one whose name does; pairs without it are left out."""
    three = pd.concat([DIFFERENCES, DIFFERENCES.assign(base="Separable", architecture="Other")])
    assert len(verdict.sentences(NETWORKS, RELATIVE, three, 1.0)) == 1
