"""What is said of accuracies beside published ones; reference and tables are made by hand."""

import math
from typing import Any

import pandas as pd
import pytest

from dscnn.reporting.sections import beside_accuracy
from dscnn.reporting.tables.differences import IMAGES, RUNS

REFERENCE: dict[str, Any] = {
    "conditions": {"validation": "test"},
    "architectures": {
        name: {
            "published": {"accuracy": accuracy, "accuracy_last_ten": accuracy - 0.01, "accuracy_best": accuracy + 0.01}
        }
        for name, accuracy in (("First", 0.86), ("Second", 0.84), ("Third", 0.81))
    },
}
HERE = {"A": "First", "B": "Second", "C": "Third"}  # the same networks by other names
NETWORKS = pd.DataFrame(
    [
        {"architecture": name, "accuracy": accuracy, "accuracy_mean_low": low, "accuracy_mean_high": high}
        for name, accuracy, low, high in (("A", 0.9, 0.89, 0.91), ("B", 0.88, math.nan, math.nan), ("C", 0.8, 0.7, 0.9))
    ]
)


def differences(*verdicts: str, **other: Any) -> pd.DataFrame:
    """Return differences of A and B, A and C, B and C of 2 points and a half each way, with these verdicts."""
    return pd.DataFrame(
        [
            {"base": base, "architecture": name, "population": population, "verdict": said}
            | {"seeds": 3, "base_seeds": 3, "p": 0.054}
            | {"difference": -0.02, "low": -0.025, "high": -0.015, "within_margin": False}
            | other
            for (base, name), said in zip([("A", "B"), ("A", "C"), ("B", "C")], verdicts, strict=True)
            for population in (RUNS, IMAGES)
        ]
    )


def test_the_accuracies_by_hand() -> None:
    """A network that has no published one is left out; with one seed the mean has no interval."""
    table, words = beside_accuracy.accuracies(REFERENCE, {"A": "First", "B": "Second"}, NETWORKS)
    assert table.splitlines() == [
        "| test accuracy | published as | last epoch | mean of the last ten | best epoch | here, mean"
        " | 95% interval of the mean |",
        "| :-- | --: | --: | --: | --: | --: | --: |",
        "| A | First | 0.8600 | 0.8500 | 0.8700 | 0.9000 | 0.8900 to 0.9100 |",
        "| B | Second | 0.8400 | 0.8300 | 0.8500 | 0.8800 | unknown |",
    ]
    assert words.endswith("The best epoch was chosen on the test images.")
    apart = REFERENCE | {"conditions": {"validation": 0.1}}
    assert "chosen" not in beside_accuracy.accuracies(apart, {"A": "First"}, NETWORKS)[1]


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (("less", "less", "less"), "The order of accuracies is the published one."),
        (
            ("less", "less", "more"),
            "The order of accuracies is not the published one: it differs for C and B.",
        ),
        (
            ("unknown", "less", "alike"),
            "Nothing here contradicts the published order of accuracies, but this experiment does not show it for"
            " B and A, C and B.",
        ),
    ],
)
def test_the_order_is_the_published_one_only_if_the_verdicts_show_it(verdicts: tuple[str, ...], said: str) -> None:
    """Of every pair; one that contradicts it is named, and so is one that nothing shows."""
    words, _ = beside_accuracy.accuracy_words(REFERENCE, HERE, differences(*verdicts), 1.0)
    assert words.startswith(said)


def test_equal_published_accuracies_are_shown_by_alike_alone() -> None:
    """A difference contradicts them."""
    architectures = {
        name: own | {"published": own["published"] | {"accuracy": 0.8}}
        for name, own in REFERENCE["architectures"].items()
    }
    equal = REFERENCE | {"architectures": architectures}
    words, _ = beside_accuracy.accuracy_words(equal, HERE, differences("alike", "alike", "alike"), 1.0)
    assert words.startswith("The order of accuracies is the published one.")
    words, _ = beside_accuracy.accuracy_words(equal, HERE, differences("alike", "alike", "less"), 1.0)
    assert "it differs for C and B" in words


def test_each_gap_is_beside_the_published_one() -> None:
    """First to Second is 2 points, as here; Second to Third is 3, which is not in the interval from 1.5 to 2.5."""
    _, lines = beside_accuracy.accuracy_words(REFERENCE, HERE, differences("less", "less", "less"), 1.0)
    first, _, last = lines.splitlines()
    assert first == (
        "- B is less accurate than A here: -2.00 (-2.50 to -1.50) points. Published: -2.00 points, inside this"
        " interval."
    )
    assert last.endswith("Published: -3.00 points, outside this interval.")


def test_a_verdict_that_its_interval_seems_to_deny_is_explained() -> None:
    """As in the chapter on accuracy: the interval leaves out 0, the corrected p is not below 0.05."""
    _, lines = beside_accuracy.accuracy_words(REFERENCE, HERE, differences("unknown", "less", "less"), 1.0)
    first, second, _ = lines.splitlines()
    assert first == (
        "- B and A cannot be told apart here: -2.00 (-2.50 to -1.50) points. The interval leaves out 0, but among"
        " several comparisons one does so by chance more easily: corrected for their number (Holm), p is 0.054."
        " Published: -2.00 points, inside this interval."
    )
    assert "Holm" not in second


def test_one_seed_and_no_chance_are_said() -> None:
    """One seed is of two trained networks; where all images are right or wrong alike there is no interval."""
    _, one = beside_accuracy.accuracy_words(REFERENCE, HERE, differences(*["less"] * 3, seeds=1, base_seeds=1), 1.0)
    assert one.count("(one seed, so of these two trained networks)") == 3
    _, other = beside_accuracy.accuracy_words(REFERENCE, HERE, differences(*["less"] * 3, seeds=1), 1.0)
    assert other.count("(one seed, so of the one trained C)") == 2
    _, base = beside_accuracy.accuracy_words(REFERENCE, HERE, differences(*["less"] * 3, base_seeds=1), 1.0)
    assert base.count("(one seed, so of the one trained A)") == 2
    _, none = beside_accuracy.accuracy_words(REFERENCE, HERE, differences(*["unknown"] * 3, low=math.nan), 1.0)
    assert none.splitlines()[0] == (
        "- B and A have each test image right or wrong alike here. Published: -2.00 points."
    )


def test_pairs_of_one_published_network_say_nothing() -> None:
    """Two names of the same kinds here, or one that was not published."""
    same = {"A": "First", "B": "First"}
    assert beside_accuracy.accuracy_words(REFERENCE, same, differences("less", "less", "less"), 1.0) == []
