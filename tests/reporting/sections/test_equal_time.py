import math
from typing import Any

import pandas as pd

from dscnn.reporting.sections import equal_time

FIRST: dict[str, Any] = {
    "dataset": "d", "width": "1", "architecture": "A", "at": 24.0, "seeds": 3, "finished": 3, "val_accuracy": 0.81,
    "accuracy_mean_low": 0.8, "accuracy_mean_high": 0.82, "base": "A", "difference": math.nan, "low": math.nan,
    "high": math.nan, "p": math.nan, "verdict": "unknown", "within_margin": False,
}  # fmt: skip
OTHER = FIRST | {
    "architecture": "B", "val_accuracy": 0.65, "accuracy_mean_low": 0.6, "accuracy_mean_high": 0.7,
    "difference": -0.16, "low": -0.2, "high": -0.12, "p": 0.0004, "verdict": "less",
}  # fmt: skip
NONE = dict.fromkeys(("val_accuracy", "accuracy_mean_low", "accuracy_mean_high", "difference", "low", "p"), math.nan)
EARLY = [
    FIRST | {"at": 12.0, "finished": 0} | NONE,
    OTHER | {"at": 12.0, "finished": 2} | {"difference": math.nan, "low": math.nan, "verdict": "unknown"},
]
ROWS = pd.DataFrame([*EARLY, FIRST, OTHER])
EPOCHS = pd.DataFrame(
    [
        {"architecture": name, "seed": seed, "epoch": epoch, "seconds": epoch * seconds}
        | {"accuracy": 0.5, "val_accuracy": 0.6}
        for name, seed, seconds in (("A", "1", 20.0), ("A", "2", 20.55), ("B", "1", 12.0), ("B", "2", math.nan))
        for epoch in (1, 2)
    ]
)


def test_a_sentence_says_time_and_difference() -> None:
    """Where nothing is known of chance it says so; where one has no epoch there is nothing to compare."""
    assert equal_time.sentence(OTHER, 1.0) == (
        "After 24.0 s of training, on the validation images, B is less accurate than A: -16.00 (-20.00 to -12.00)"
        " points."
    )
    assert equal_time.sentence(OTHER | {"low": math.nan}, 1.0) == (
        "After 24.0 s of training, on the validation images, B differs from A by -16.00 points; nothing is known of"
        " chance."
    )
    assert equal_time.sentence(EARLY[1], 1.0) == (
        "After 12.0 s of training, on the validation images, B and A cannot be compared: no run of one of them had"
        " finished an epoch."
    )


def test_the_table_by_hand() -> None:
    """A row for each time and architecture: accuracy with the runs that had an epoch, if not all; the difference."""
    assert equal_time.table(ROWS).splitlines() == [
        "| after | architecture | validation accuracy | points from A | p |",
        "| :-- | --: | --: | --: | --: |",
        "| 12.0 s | A | no epoch yet, 0 of 3 runs |  |  |",
        "| 12.0 s | B | 0.6500 (0.6000 to 0.7000), 2 of 3 runs | unknown |  |",
        "| 24.0 s | A | 0.8100 (0.8000 to 0.8200) |  |  |",
        "| 24.0 s | B | 0.6500 (0.6000 to 0.7000) | -16.00 (-20.00 to -12.00) | < 0.001 |",
    ]


def test_the_sentences_are_of_the_whole_time() -> None:
    """Earlier times are in the table alone."""
    sentences, *_ = equal_time.section(ROWS, EPOCHS, 1.0, "constant")
    assert sentences == f"- {equal_time.sentence(OTHER, 1.0)}"


def test_it_says_that_accuracies_are_of_the_validation_split() -> None:
    """And what that means for settings chosen by it."""
    said = " ".join(equal_time.section(ROWS, EPOCHS, 1.0, "constant"))
    assert "on the validation split, so they flatter settings that were chosen by them" in said


def test_it_says_that_intervals_are_of_means() -> None:
    """Not of one next run."""
    said = equal_time.section(ROWS, EPOCHS, 1.0, "constant")[2]
    assert (
        "Intervals are 95%, for the mean of further training runs on the same images; *p* is of no difference" in said
    )
    assert "next" not in said


def test_it_says_when_the_runs_of_each_end() -> None:
    """A time that does not count is none; the slower network is in the middle of its training."""
    said = equal_time.section(ROWS, EPOCHS, 1.0, "constant")[2]
    assert "Runs end: A after 40.0 to 41.1 s, B after 24.0 s; at the last of these times the slower ones are" in said


def test_a_falling_learning_rate_is_said_to_be_cut_short() -> None:
    """With its name; a constant one is not."""
    cut = "schedule cut short, so a run planned for that time could be better"
    assert cut not in " ".join(equal_time.section(ROWS, EPOCHS, 1.0, "constant"))
    for schedule in ("cosine", "linear"):
        assert f"`recipe.schedule: {schedule}`" in (said := equal_time.section(ROWS, EPOCHS, 1.0, schedule)[-1])
        assert cut in said


def test_an_interval_beyond_any_accuracy_is_explained() -> None:
    """On either side; where all ends are accuracies nothing is said."""
    for ends in ({"accuracy_mean_low": -0.1}, {"accuracy_mean_high": 1.1}):
        said = equal_time.section(pd.DataFrame([FIRST, OTHER | ends]), EPOCHS, 1.0, "constant")
        assert said[-1].startswith("An interval that ends below 0 or above 1")
    assert "ends below 0" not in " ".join(equal_time.section(ROWS, EPOCHS, 1.0, "constant"))


def test_runs_without_an_epoch_are_pointed_out() -> None:
    """Only where there are any."""
    assert "of the quickest runs alone" in " ".join(equal_time.section(ROWS, EPOCHS, 1.0, "constant"))
    assert "of the quickest runs alone" not in " ".join(equal_time.section(ROWS[2:], EPOCHS, 1.0, "constant"))


def test_a_single_architecture_has_no_section() -> None:
    assert equal_time.section(pd.DataFrame([FIRST]), EPOCHS, 1.0, "cosine") == []


def test_equal_runs_are_said_to_be_equal() -> None:
    """They have no interval, as one run has none, but for another reason."""
    equal = OTHER | {"accuracy_mean_low": math.nan, "accuracy_mean_high": math.nan}
    *_, line = equal_time.table(pd.DataFrame([FIRST, equal])).splitlines()
    assert "| B | 0.6500 (runs equal) |" in line


def test_one_seed_has_no_interval() -> None:
    """Neither has its accuracy nor the difference."""
    one = OTHER | {"accuracy_mean_low": math.nan, "accuracy_mean_high": math.nan, "low": math.nan}
    one |= {"seeds": 1, "finished": 1}
    assert equal_time.table(pd.DataFrame([FIRST, one])).splitlines()[2:] == [
        "| 24.0 s | A | 0.8100 (0.8000 to 0.8200) |  |  |",
        "| 24.0 s | B | 0.6500 | unknown |  |",
    ]


def test_a_first_epoch_that_only_validation_sees_as_bad_is_explained() -> None:
    """B's networks have 0.3 where training has 0.5; later epochs do not count."""
    low = EPOCHS.assign(val_accuracy=EPOCHS["val_accuracy"].where(EPOCHS["architecture"] == "A", 0.3))
    (said,) = equal_time.behind(low)
    assert said.startswith(
        "In the first epoch the validation accuracy is far below that of training: B 0.30 after 0.50 in training. This"
    )
    assert said in equal_time.section(ROWS, low, 1.0, "constant")
    assert equal_time.behind(low[low["epoch"] == 2]) == equal_time.behind(EPOCHS) == []
