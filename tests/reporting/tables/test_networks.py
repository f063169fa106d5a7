import math

import pandas as pd
import pytest

import frames
from dscnn.reporting.tables import networks
from dscnn.reporting.tables.measures import MEASURES, Measure


def test_a_network_has_its_measures_over_the_seeds() -> None:
    """By hand: the mean of the accuracies, the median of the times, and the extremes of both."""
    regular, separable = networks.network_table(frames.ARMS, frames.COSTS, frames.STEPS).to_dict("records")
    expected = {
        "dataset": "stripes", "width": "0.5", "architecture": "Regular", "seeds": 3,
        "accuracy": 0.55, "accuracy_min": 0.4, "accuracy_max": 0.75, "loss": 0.7,
        "train_seconds": 5.0, "train_seconds_min": 4.0, "train_seconds_max": 9.0, "images_per_second": 2400,
        "parameters": 1000, "macs": 64_000, "flops": 130_000, "step_seconds": 0.4, "latency_ms": 2.0,
    }  # fmt: skip
    assert regular | expected == regular
    ends = (regular["accuracy_mean_low"], regular["accuracy_mean_high"])
    half = 4.3027 * (0.065 / 2 / 3) ** 0.5  # t of 2 degrees; squares of .05, .2 and .15 add up to .065
    assert ends == pytest.approx((0.55 - half, 0.55 + half), abs=1e-4)
    assert (separable["architecture"], separable["accuracy"], separable["step_seconds"]) == ("Separable", 0.4, 0.25)


def test_widths_rise_as_numbers() -> None:
    """They are text, in which 10 comes before 2; rows of one width stay as they are."""
    rows = pd.DataFrame({"width": ["10", "0.5", "2", "0.5"], "architecture": ["a", "b", "c", "d"]})
    assert networks.by_rising_width(rows)["architecture"].tolist() == ["b", "d", "c", "a"]


def test_values_are_rounded_as_files_keep_them() -> None:
    """Time keeps four significant digits, as a rate does, accuracy four decimals."""
    arms = frames.ARMS.assign(train_seconds=0.00123456, accuracy=2 / 3, images_per_second=0.12345678)
    (row, _) = networks.network_table(arms, frames.COSTS, frames.STEPS).to_dict("records")
    assert (row["train_seconds"], row["train_seconds_max"], row["accuracy"]) == (0.001235, 0.001235, 0.6667)
    assert row["images_per_second"] == 0.1235, "of a network that takes seconds for an image"


def test_a_time_that_does_not_count_is_in_no_figure_of_time() -> None:
    """The accuracy of that arm counts all the same."""
    arms = frames.ARMS.assign(timed=[True, True, False] * 2)
    (regular, _) = networks.network_table(arms, frames.COSTS, frames.STEPS).to_dict("records")
    assert (regular["train_seconds"], regular["train_seconds_max"], regular["images_per_second"]) == (4.5, 5.0, 2700)
    assert (regular["accuracy"], regular["seeds"]) == (0.55, 3)


def test_two_rows_of_costs_for_one_network_are_a_defect() -> None:
    """A network is never in the table twice."""
    twice = pd.concat([frames.COSTS, frames.COSTS])
    with pytest.raises(pd.errors.MergeError):
        networks.network_table(frames.ARMS, twice, frames.STEPS)


@pytest.mark.usefixtures("folder")
def test_costs_have_a_row_a_network() -> None:
    """Seeds share a network; what is no measure, such as the list of layers, is left out."""
    table = networks.cost_table(frames.write_all())
    pd.testing.assert_frame_equal(table, frames.COSTS)


def test_the_summary_by_hand() -> None:
    """A leaf is a measure; accuracies have their extremes, times have not."""
    summary = networks.summary(frames.NETWORKS)
    assert list(summary) == [("stripes", "0.5", "Regular"), ("stripes", "0.5", "Separable")]
    own = summary["stripes", "0.5", "Regular"]
    expected = {
        "accuracy": 0.55, "accuracy_min": 0.4, "accuracy_max": 0.75, "loss": 0.7, "parameters": 1000,
        "macs": 64_000, "flops": 130_000, "train_seconds": 5.0, "images_per_second": 2400, "latency_ms": 2.0,
    }  # fmt: skip
    assert own | expected == own
    assert "train_seconds_min" not in own


def test_the_summary_leaves_out_what_was_not_measured() -> None:
    """An average with the mirror image is its mean over the seeds, or it is in no record."""
    arms = frames.ARMS.assign(mirror_accuracy=[0.25, 0.5, 0.75, *[math.nan] * 3])
    table = networks.network_table(arms, frames.COSTS, frames.STEPS)
    regular, separable = networks.summary(table).values()
    assert regular["mirror_accuracy"] == 0.5
    assert "mirror_accuracy" not in separable
    assert regular.keys() - separable.keys() == {"mirror_accuracy"}


def test_what_is_compared_by_hand() -> None:
    """Five measures, so that a screen holds them; no extremes."""
    own = networks.compared(frames.NETWORKS)["stripes", "0.5", "Regular"]
    assert own == {
        "accuracy": 0.55, "loss": 0.7, "parameters": 1000, "macs": 64_000, "train_seconds": 5.0,
    }  # fmt: skip


def test_a_new_measure_is_in_the_table_and_in_the_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of MEASURES is enough."""
    new = Measure("warmth", "train", "warmth", "{:.1f}", "median", extremes=True, decimals=1)
    monkeypatch.setattr(networks, "MEASURES", (*MEASURES, new))
    arms = frames.ARMS.assign(warmth=[20.0, 30.04, 50.0] * 2)
    table = networks.network_table(arms, frames.COSTS, frames.STEPS)
    assert table[["warmth", "warmth_min", "warmth_max"]].values.tolist() == [[30.0, 20.0, 50.0]] * 2
    summary = networks.summary(table)
    assert summary["stripes", "0.5", "Separable"]["warmth"] == 30.0
