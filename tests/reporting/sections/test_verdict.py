import math
from typing import Any

import pandas as pd
import pytest

from dscnn.reporting.sections import verdict
from dscnn.reporting.tables.one_image import LITE
from frames import DIFFERENCES, NETWORKS, RELATIVE

ROW: dict[str, Any] = {
    "architecture": "B", "difference": 0.012, "low": 0.006, "high": 0.018, "verdict": "more", "within_margin": False,
    "seeds": 5, "p": 0.003,
}  # fmt: skip
STEP = {"share": 0.5, "low": 0.4, "high": 0.6}
FIRST, OWN = {"parameters": 1000, "train_seconds": 20.0}, {"parameters": 250, "train_seconds": 11.0}
IMAGE = verdict.Ratio("a tool", 0.5, 0.4, 0.6)


def test_a_sentence_for_each_other_architecture_and_one_on_the_evidence() -> None:
    """Its numbers are those of tests/frames.py; a single architecture has nothing to be compared with."""
    said, evidence = verdict.sentences(NETWORKS, RELATIVE, DIFFERENCES, 1.0, "of a fast one", "of 2 epochs")
    assert said.startswith(
        "- **Separable instead of Regular: quicker to train, smaller; what it does to accuracy cannot be told.** A"
        " training step takes 0.625x the time (0.625x to 0.625x), a whole training 0.400x, inference of one image by"
        " Keras 1x (1x to 1x, which is no difference that can be told), and it has 0.250x the parameters; no difference"
        " in accuracy could be shown ("
    )
    assert evidence == (
        "- The evidence: 3 training runs of each, of 2 epochs. Intervals are 95%: those of accuracy are over training"
        " runs and test images, those of times over the rounds of one process. Steps are of a fast one. Whole trainings"
        " were timed at other moments than single steps, so their ratio may lie outside the step's interval, as here."
    )
    single = NETWORKS[NETWORKS["architecture"] == "Regular"]
    assert verdict.sentences(single, RELATIVE, DIFFERENCES.iloc[:0], 1.0, "of a fast one", "") == []


def test_an_image_is_by_tensorflow_lite_where_it_was_timed() -> None:
    """The ratio is that of the rounds, with their interval."""
    timed = {"image_share": [1, 0.25], "image_share_low": [1, 0.18], "image_share_high": [1, 0.4], "image_by": LITE}
    said, _ = verdict.sentences(NETWORKS.assign(**timed), RELATIVE, DIFFERENCES, 1.0, "of a fast one", "")
    assert ": quicker to train, quicker for one image, smaller; what it does" in said
    assert ", inference of one image by TensorFlow Lite in float32 0.250x (0.180x to 0.400x), and it has" in said


@pytest.mark.parametrize(
    ("accuracy", "within", "signs", "expected"),
    [
        ("more", False, {-1}, "worth it"),
        ("more", False, set(), "worth it"),
        ("more", False, {1}, "a trade: more accurate, but dear"),
        ("alike", True, {-1}, "worth it"),
        ("alike", True, {-1, 1}, "a trade: cheap, but dear"),
        ("alike", True, set(), "not worth it"),
        ("alike", True, {1}, "not worth it"),
        ("less", False, {-1}, "a trade: cheap, but less accurate"),
        ("less", False, {-1, 1}, "a trade: cheap, but dear, less accurate"),
        ("more", False, {-1, 1}, "a trade: cheap, more accurate, but dear"),
        ("less", False, set(), "not worth it"),
        ("less", True, {-1}, "worth it"),
        ("more", True, set(), "not worth it"),
        ("unknown", False, {-1}, "cheap; what it does to accuracy cannot be told"),
        ("unknown", False, {-1, 1}, "cheap, but dear; what it does to accuracy cannot be told"),
        ("unknown", False, {1}, "no gain could be shown"),
    ],
)
def test_the_answer_follows_from_what_is_known(accuracy: str, within: bool, signs: set[int], expected: str) -> None:
    """A difference that is shown to be below the margin counts as none."""
    less, more = ["cheap"] if -1 in signs else [], ["dear"] if 1 in signs else []
    assert verdict.worth(ROW | {"verdict": accuracy, "within_margin": within}, less, more) == expected


def test_equal_networks_are_no_answer_on_accuracy() -> None:
    """Without any image on which they differ, nothing is known of chance."""
    row = ROW | {"low": math.nan, "verdict": "alike", "within_margin": True}
    assert verdict.worth(row, ["smaller"], []) == "smaller; what it does to accuracy cannot be told"
    assert verdict.accuracy(row, 1.0) == "it has each test image right or wrong as the other has"


@pytest.mark.parametrize(
    ("size", "step", "image", "less", "more"),
    [
        (250, {}, {}, ["quicker to train", "quicker for one image", "smaller"], []),
        (2000, {}, {}, ["quicker to train", "quicker for one image"], ["larger"]),
        (1000, {"high": 1.1}, {"high": 1.0}, [], []),
        (1000, {"high": 1.1}, {"low": 1.01, "high": 1.5}, [], ["slower for one image"]),
        (1000, {"low": 1.01, "high": 1.1}, {"high": 1.1}, [], ["slower to train"]),
    ],
)
def test_a_cost_changes_if_the_intervals_say_so(
    size: int, step: dict[str, float], image: dict[str, float], less: list[str], more: list[str]
) -> None:
    """A step and an image by the interval of their ratio, parameters by their count."""
    assert verdict.changes({"parameters": size}, FIRST, STEP | step, IMAGE._replace(**image)) == (less, more)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "it is 1.20 points more accurate on new images (+0.60 to +1.80 points)"),
        (
            {"verdict": "less", "difference": -0.004, "low": -0.006, "high": -0.002, "within_margin": True},
            "it is 0.40 points less accurate on new images (-0.60 to -0.20 points, and by less than 2 points)",
        ),
        (
            {"verdict": "alike", "low": -0.006},
            "it is as accurate on new images, within 2 points (-0.60 to +1.80 points)",
        ),
        (
            {"verdict": "alike", "low": -0.006, "high": 0.021, "within_margin": True},
            "it is as accurate on new images, within 2 points by tests that leave 5% on each side (-0.60 to +2.10"
            " points)",
        ),
        (
            {"verdict": "unknown", "low": -0.006},
            "no difference in accuracy could be shown (-0.60 to +1.80 points on new images)",
        ),
    ],
)
def test_the_words_on_accuracy(changed: dict[str, Any], expected: str) -> None:
    """They follow from the verdict, and the interval stands beside it."""
    assert verdict.accuracy(ROW | changed, 2.0) == expected


def test_an_interval_without_0_that_shows_nothing_is_explained() -> None:
    """By the p that is corrected for the number of pairs."""
    said = verdict.accuracy(ROW | {"verdict": "unknown", "p": 0.071}, 2.0)
    assert said == (
        "no difference in accuracy could be shown (+0.60 to +1.80 points on new images; corrected for the number of"
        " pairs (Holm), p is 0.071)"
    )


def test_a_time_that_cannot_be_told_apart_is_said_to_be_so() -> None:
    """Where the interval of the ratio contains 1."""
    assert verdict.costs(OWN, FIRST, STEP, IMAGE) == (
        "A training step takes 0.500x the time (0.400x to 0.600x), a whole training 0.550x, inference of one image by a"
        " tool 0.500x (0.400x to 0.600x), and it has 0.250x the parameters"
    )
    elsewhere = verdict.costs(OWN | {"train_seconds": math.nan}, FIRST, STEP, IMAGE)
    assert " the time (0.400x to 0.600x), inference" in elsewhere, "trained on other machines, it has no ratio"
    untold = verdict.costs(OWN, FIRST, STEP, IMAGE._replace(high=1.0))
    assert "by a tool 0.500x (0.400x to 1x, which is no difference that can be told), and" in untold
    assert "(0.400x to 1.10x, which is no difference that can be told)" in verdict.costs(
        OWN, FIRST, STEP | {"high": 1.1}, IMAGE
    )


def test_one_seed_is_said_to_be_one() -> None:
    """And that it says nothing of the next run."""
    said = verdict.evidence(NETWORKS.assign(seeds=1), False, "of a fast one", "of 2 epochs")
    assert said.startswith("The evidence: 1 training run of each, of 2 epochs; one says nothing about the next. ")
    assert " over test images alone, " in said
    unequal = verdict.evidence(NETWORKS.assign(seeds=[3, 2]), False, "of a fast one", "of 2 epochs")
    assert unequal.startswith("The evidence: 2 to 3 training runs of each, of 2 epochs. ")


def test_the_first_architecture_is_the_one_that_comes_first() -> None:
    """Not the one whose name does; pairs without it are left out."""
    three = pd.concat([DIFFERENCES, DIFFERENCES.assign(base="Separable", architecture="Other")])
    assert len(verdict.sentences(NETWORKS, RELATIVE, three, 1.0, "", "")) == 2


def test_a_whole_training_within_the_steps_interval_needs_no_word() -> None:
    """Separable's takes 0.4 of Regular's; so does no ratio that is not a number."""
    around = RELATIVE.assign(low=0.3, high=0.7)
    for networks in (NETWORKS, NETWORKS.assign(train_seconds=math.nan)):
        assert "Whole trainings" not in verdict.sentences(networks, around, DIFFERENCES, 1.0, "", "")[-1]
