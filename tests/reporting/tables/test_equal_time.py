import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dscnn.reporting.tables import equal_time

# A's runs end after 40 s, B's after 20 s and 24 s and 22 s: all of B's have ended after 24 s.
SECONDS = {"A": [20.0, 20.0, 20.0], "B": [10.0, 12.0, 11.0]}  # an epoch of each run
CURVES = {
    "A": [[0.80, 0.99], [0.82, 0.99], [0.81, 0.99]],
    "B": [[0.50, 0.60], [0.60, 0.65], [0.55, 0.70]],
}
EPOCHS = pd.DataFrame(
    [
        {"dataset": "d", "width": "1", "architecture": name, "seed": str(run), "epoch": epoch}
        | {"val_accuracy": accuracy, "seconds": epoch * SECONDS[name][run]}
        for name, curves in CURVES.items()
        for run, curve in enumerate(curves)
        for epoch, accuracy in enumerate(curve, 1)
    ]
)
TABLE = equal_time.table(EPOCHS, 0.01)


def row(table: pd.DataFrame, at: float, name: str) -> dict[str, float]:
    (found,) = table[(table["at"] == at) & (table["architecture"] == name)].to_dict("records")
    return {str(key): value for key, value in found.items()}


def test_the_times_are_parts_of_the_time_in_which_all_runs_of_the_quickest_end() -> None:
    """24 s, where its slowest run ends; not 20 s, where its quickest does, nor 40 s, where the other's do."""
    assert TABLE[["at", "architecture"]].to_numpy().tolist() == [
        [at, name] for at in (6.0, 12.0, 24.0) for name in ("A", "B")
    ]


def test_a_run_counts_with_the_last_epoch_that_it_had_finished() -> None:
    """After 24 s A's runs have one epoch and B's two: Welch's test of these is SciPy's."""
    first, second = [0.80, 0.82, 0.81], [0.60, 0.65, 0.70]
    a, b = row(TABLE, 24.0, "A"), row(TABLE, 24.0, "B")
    assert (a["val_accuracy"], b["val_accuracy"]) == (0.81, 0.65)
    half = stats.t.ppf(0.975, 2) * np.std(second, ddof=1) / math.sqrt(3)
    assert (b["accuracy_mean_low"], b["accuracy_mean_high"]) == pytest.approx((0.65 - half, 0.65 + half), rel=1e-3)
    welch = stats.ttest_ind(second, first, equal_var=False)
    ends = welch.confidence_interval(0.95)
    assert (b["base"], b["difference"]) == ("A", -0.16)
    assert (b["low"], b["high"], b["p"]) == pytest.approx((ends.low, ends.high, welch.pvalue), rel=1e-3)
    assert b["verdict"] == "less"
    assert math.isnan(a["difference"])


def test_a_run_without_a_finished_epoch_has_no_accuracy() -> None:
    """After 12 s none of A's runs has an epoch and all of B's have; an epoch that ends at that very time counts."""
    a, b = row(TABLE, 12.0, "A"), row(TABLE, 12.0, "B")
    assert (a["finished"], a["seeds"], b["finished"]) == (0, 3, 3)
    assert math.isnan(a["val_accuracy"])
    assert (b["val_accuracy"], b["verdict"]) == (0.55, "unknown")
    assert math.isnan(b["difference"])


def test_some_runs_without_an_epoch_are_counted() -> None:
    """A's second run has its first epoch after 30 s, so the mean after 24 s is of the other two."""
    late = (EPOCHS["architecture"] == "A") & (EPOCHS["seed"] == "1")
    found = row(equal_time.table(EPOCHS.assign(seconds=EPOCHS["seconds"] + 10.0 * late), 0.01), 24.0, "A")
    assert (found["finished"], found["seeds"], found["val_accuracy"]) == (2, 3, 0.805)


def test_p_is_corrected_within_a_time() -> None:
    """With a copy of B as a third architecture there are two comparisons, so p is twice as large."""
    copied = EPOCHS[EPOCHS["architecture"] == "B"].assign(architecture="C")
    table = equal_time.table(pd.concat([EPOCHS, copied]), 0.01)
    assert row(table, 24.0, "C")["p"] == pytest.approx(2 * row(TABLE, 24.0, "B")["p"], rel=1e-3)


def test_each_width_has_times_of_its_own() -> None:
    """One that takes twice as long has the same accuracies at twice the time."""
    slow = EPOCHS.assign(width="2", seconds=2 * EPOCHS["seconds"])
    table = equal_time.table(pd.concat([EPOCHS, slow]), 0.01)
    twice = table[table["width"] == "2"].reset_index(drop=True)
    pd.testing.assert_frame_equal(twice.drop(columns=["width", "at"]), TABLE.drop(columns=["width", "at"]))
    assert twice["at"].tolist() == (2 * TABLE["at"]).tolist()


def test_one_architecture_and_one_seed_have_accuracies_and_no_intervals() -> None:
    """There is nothing to compare, and nothing known of chance."""
    alone = equal_time.table(EPOCHS[(EPOCHS["architecture"] == "B") & (EPOCHS["seed"] == "0")], 0.01)
    assert alone["val_accuracy"].tolist()[1:] == [0.5, 0.6]
    assert alone[["accuracy_mean_low", "difference", "p"]].isna().all(axis=None)
    assert list(alone.columns) == equal_time.COLUMNS
