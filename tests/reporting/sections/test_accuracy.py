import math
from typing import Any

import pandas as pd
import pytest

from dscnn.reporting.sections import accuracy
from dscnn.reporting.tables.differences import IMAGES, RUNS
from frames import DIFFERENCES, PAIRED

SURE = {
    "dataset": "d", "width": "1", "architecture": "B", "base": "A", "difference": 0.012, "low": 0.006, "high": 0.018,
    "p": 0.003, "verdict": "more", "within_margin": False, "seeds": 5, "base_seeds": 5, "seeds_enough": 9,
    "correlation": 0.1, "images_half_width": 0.004,
}  # fmt: skip


def frame(new: dict[str, Any], these: dict[str, Any] | None = None) -> pd.DataFrame:
    rows = [SURE | (new if these is None else these) | {"population": RUNS}, SURE | new | {"population": IMAGES}]
    return pd.DataFrame(rows).astype({"seeds_enough": "Int64"})


def said(new: dict[str, Any], these: dict[str, Any] | None = None, margin: float = 1.0) -> str:
    (sentence,) = accuracy.sentences(frame(new, these), margin, 1000)
    return sentence


UNKNOWN = {"verdict": "unknown", "difference": 0.004, "low": -0.009, "high": 0.017, "p": 0.4}


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ({}, "**B is more accurate than A on new images**: +1.20 (+0.60 to +1.80) points."),
        (
            {"verdict": "less", "difference": -0.004, "low": -0.006, "high": -0.002, "within_margin": True},
            "**B is less accurate than A by less than 1 points on new images**: -0.40 (-0.60 to -0.20) points.",
        ),
        (
            {"verdict": "alike", "difference": 0.001, "low": -0.004, "high": 0.006, "within_margin": True},
            "**B and A are alike within 1 points on new images**: +0.10 (-0.40 to +0.60) points.",
        ),
        (
            {"verdict": "alike", "difference": -0.0046, "low": -0.011, "high": 0.0018, "within_margin": True},
            "**B and A are alike within 1 points on new images**: -0.46 (-1.10 to +0.18) points. The interval reaches"
            " past 1 points, since it leaves 2.5% on each side; a difference as large as the margin is ruled out by"
            " tests that leave 5% on each side.",
        ),
        (
            UNKNOWN,
            "**B and A cannot be told apart on new images**: +0.40 (-0.90 to +1.70) points. If the true difference"
            " is the measured one, and seeds vary as these did, about 9 seeds instead of 5 would show it within 1"
            " points on these images (power 80%).",
        ),
        (
            UNKNOWN | {"images_half_width": 0.0125},
            "**B and A cannot be told apart on new images**: +0.40 (-0.90 to +1.70) points. The 1,000 test images alone"
            " leave ±1.2 points, however many seeds are trained.",
        ),
        (
            UNKNOWN | {"images_half_width": 0.0115},
            "**B and A cannot be told apart on new images**: +0.40 (-0.90 to +1.70) points. If the true difference"
            " is the measured one, and seeds vary as these did, about 9 seeds instead of 5 would show it within 1"
            " points on these images (power 80%).",
        ),
        (
            UNKNOWN | {"difference": -0.0477, "low": -0.0941, "high": 0.0012, "images_half_width": 0.012},
            "**B and A cannot be told apart on new images**: -4.77 (-9.41 to +0.12) points. If the difference is as"
            " large as it seems, more seeds would show it.",
        ),
        (
            UNKNOWN | {"low": -0.004, "high": 0.0096, "seeds_enough": 4},
            "**B and A cannot be told apart on new images**: +0.40 (-0.40 to +0.96) points. The interval leaves out"
            " 1 points, but among several comparisons one does so by chance more easily: corrected for their number"
            " (Holm), a difference as large as the margin is not ruled out.",
        ),
        (
            UNKNOWN | {"seeds": 2},
            "**B and A cannot be told apart on new images**: +0.40 (-0.90 to +1.70) points. 2 seeds say little of how"
            " much seeds vary: more are needed.",
        ),
        (
            UNKNOWN | {"seeds_enough": None},
            "**B and A cannot be told apart on new images**: +0.40 (-0.90 to +1.70) points. If the true difference"
            " is the measured one, and seeds vary as these did, no number of seeds up to 1,000 would show it within 1"
            " points on these images (power 80%).",
        ),
        (
            UNKNOWN | {"difference": 0.0105, "images_half_width": 0.0112, "seeds_enough": None},
            "**B and A cannot be told apart on new images**: +1.05 (-0.90 to +1.70) points.",
        ),
        (
            UNKNOWN | {"seeds_enough": 4, "low": 0.001, "p": 0.0712},
            "**B and A cannot be told apart on new images**: +0.40 (+0.10 to +1.70) points. The interval leaves out 0,"
            " but among several comparisons one does so by chance more easily: corrected for their number (Holm), p"
            " is 0.071.",
        ),
        (
            UNKNOWN | {"seeds_enough": 4},
            "**B and A cannot be told apart on new images**: +0.40 (-0.90 to +1.70) points.",
        ),
    ],
)
def test_the_words_of_each_verdict(new: dict[str, Any], expected: str) -> None:
    """And what would be needed where nothing can be told."""
    assert said(new) == expected.replace("1 points", "1 point")


def test_another_verdict_on_these_images_is_said() -> None:
    """It is the narrower question, so it may be sure where the other is not."""
    assert said(UNKNOWN | {"seeds_enough": 4}, {}).endswith(
        " points. On these 1,000 images alone, B is more accurate than A: +1.20 (+0.60 to +1.80) points."
    )


def test_an_interval_without_0_on_these_images_is_explained() -> None:
    """The first p of the two is that of these images."""
    assert said({}, {"verdict": "unknown", "p": 0.064}).endswith(
        " On these 1,000 images alone, B and A cannot be told apart: +1.20 (+0.60 to +1.80) points. The interval leaves"
        " out 0, but among several comparisons one does so by chance more easily: corrected for their number (Holm), p"
        " is 0.064."
    )


def test_runs_that_are_all_equal_say_nothing_of_seeds() -> None:
    """Two networks of unequal images right, whose runs all have the same accuracy: no number of seeds is said."""
    these = {"verdict": "unknown", "low": math.nan, "high": math.nan, "p": math.nan, "seeds_enough": None}
    assert said(UNKNOWN | {"seeds_enough": None}, UNKNOWN | these).endswith(
        " points. All runs of each are equally accurate on these images, so nothing is known of how much seeds vary."
    )


def test_one_seed_is_said() -> None:
    """Nothing is known of other runs, and the sentence does not pretend it."""
    none = {"low": math.nan, "high": math.nan, "p": math.nan, "seeds": 1, "base_seeds": 1, "verdict": "unknown"}
    assert said({}, none) == (
        "**B is more accurate than A on new images**: +1.20 (+0.60 to +1.80) points. There is one seed, so this is of"
        " these two trained networks; others were not trained."
    )


def test_no_test_is_claimed_over_one_seed() -> None:
    """The paragraph below the table says that there is none."""
    none = {"seeds": 1, "base_seeds": 1, "low": math.nan, "high": math.nan, "p": math.nan}
    _, about = accuracy.details(frame({"seeds": 1, "base_seeds": 1}, none), pd.DataFrame(), 1.0, 1000)
    assert "Welch's t test over 1 seed an architecture (with one there is none, so no interval)." in about
    assert "there is none" not in accuracy.details(frame({}), pd.DataFrame(), 1.0, 1000)[1]


def test_where_one_of_the_two_has_one_seed_it_is_named() -> None:
    """The other's runs are missing; and what seeds are enough is said against how many each has."""
    none = {"low": math.nan, "high": math.nan, "p": math.nan, "verdict": "unknown"}
    for one, name in (({"seeds": 1}, "B"), ({"base_seeds": 1}, "A")):
        assert said({}, none | one).endswith(
            f" There is one seed of {name}, so this is of that trained network; no other was trained."
        )
    assert " 9 seeds instead of 4 to 5 would show " in said(UNKNOWN | {"base_seeds": 4})
    assert " 5 seeds instead of 4 to 5 would show " in said(UNKNOWN | {"base_seeds": 4, "seeds_enough": 5})


def test_a_seed_that_one_of_the_two_lacks_is_said_to_be_missing() -> None:
    """It is no zero; nor is a seed that is in no pair a column."""
    third = PAIRED.assign(architecture="Third")
    table = accuracy.by_seed(pd.concat([PAIRED[PAIRED["seed"] != "1"], third[third["seed"] != "2"]]))
    head, _, *rows = table.splitlines()
    assert head.endswith("| seed 1 | seed 2 | seed 3 |")
    assert rows == [
        "| Separable / Regular | missing | 0 / 7 (0.008) | 0 / 0 (1.000) |",
        "| Third / Regular | 0 / 6 (0.016) | missing | 0 / 0 (1.000) |",
    ]
    _, about, *_ = accuracy.details(DIFFERENCES.assign(base_seeds=2), PAIRED, 1.0, 30)
    assert "Welch's t test over 2 to 3 seeds" in about


def test_equal_networks_say_nothing_of_chance() -> None:
    none = {"difference": 0.0, "low": math.nan, "high": math.nan, "p": math.nan, "verdict": "unknown"}
    assert said(none) == "**B and A** have each test image right or wrong alike, so nothing can be said of chance."
    assert "| B minus A | +0.00 | unknown |  |  | unknown |  |  | +0.10 |" in accuracy.table(frame(none))


def test_the_table_by_hand() -> None:
    """Both populations in a row, p with three digits."""
    table = accuracy.table(frame({"p": 0.0004}, UNKNOWN | {"correlation": math.nan}))
    assert table.splitlines()[2] == (
        "| B minus A | +0.40 | -0.90 to +1.70 | 0.400 | unknown | +0.60 to +1.80 | < 0.001 | more |  |"
    )


def test_the_details_have_table_and_pairs() -> None:
    """A single architecture has none."""
    table, about, single, pairs, uncorrected = accuracy.details(DIFFERENCES, PAIRED, 1.0, 30)
    assert uncorrected == "These *p* compare two trained networks each, and are not corrected for their number."
    first, *_ = accuracy.sentences(DIFFERENCES, 1.0, 30)
    assert first.startswith("**Separable and Regular cannot be told apart on new images**: -14.44 (")
    assert table == accuracy.table(DIFFERENCES)
    assert "Welch's t test over 3 seeds" in about
    assert [single] == accuracy.single(DIFFERENCES)
    assert "| Separable / Regular | 0 / 6 (0.016) | 0 / 7 (0.008) | 0 / 0 (1.000) |" in pairs
    assert accuracy.details(DIFFERENCES.iloc[:0], PAIRED.iloc[:0], 1.0, 30) == []


def test_the_questions_are_of_means_and_p_is_of_one_data_set_and_width() -> None:
    """No interval here is for one next run, and the reach of Holm's correction is said."""
    _, about, *_ = accuracy.details(DIFFERENCES, PAIRED, 1.0, 30)
    assert about.startswith(
        "*These images* asks how the mean accuracies of further training runs would differ on the same 30 test images:"
    )
    assert (
        "corrected for the pairs of this data set and width (Holm), not for the number of widths or data sets." in about
    )
    assert "next" not in about


def test_one_new_run_of_each_has_an_interval_by_hand() -> None:
    """Of +0.60 to +1.80 with 5 seeds the half-width of 0.6 is the root of 6 times as large: 1.47."""
    assert accuracy.single(frame({})) == [
        "These intervals are for the difference of means; a single run of each differs more. The 95% prediction"
        " interval for one new run of each, in points on these images: B minus A -0.27 to +2.67."
    ]
    two = pd.concat([frame({}), frame({"architecture": "C", "low": 0.01, "high": 0.014})])
    assert accuracy.single(two)[0].endswith(": B minus A -0.27 to +2.67; C minus A +0.71 to +1.69.")


def test_one_new_run_has_no_interval_where_the_seeds_are_not_as_many() -> None:
    """It is still said that it differs more; where nothing is known of other runs nothing is said."""
    assert accuracy.single(frame({"base_seeds": 4})) == [
        "These intervals are for the difference of means; a single run of each differs more."
    ]
    assert accuracy.single(frame({}, {"low": math.nan, "high": math.nan})) == []


def test_a_seed_that_only_one_has_is_said() -> None:
    """Its cell is not empty as if there were nothing to say."""
    rows = pd.DataFrame(
        [
            {"base": "A", "architecture": name, "seed": seed, "only_own": 1, "only_base": 2, "p": 0.5}
            for name, seed in (("B", "1"), ("C", "1"), ("C", "2"))
        ]
    )
    assert accuracy.by_seed(rows).splitlines()[2] == "| B / A | 1 / 2 (0.500) | missing |"
