"""The tables against numbers worked out from tests/timed.py by hand."""

import copy
from typing import Any

import pytest

from dscnn.core.files import significant
from dscnn.reporting.tables import costs
from frames import LAYERS, NAMES, STEPS
from timed import RECORD, timing


def own_record(layers: list[dict[str, Any]]) -> dict[tuple[str, str], Any]:
    """Return a benchmark in which Regular has `layers`."""
    record = copy.deepcopy(RECORD)
    record["architectures"]["Regular"]["layers"] = layers
    return {("stripes", "0.5"): record}


def test_a_row_a_layer_and_direction_with_work_time_and_roofline() -> None:
    """The pooling moves 1 MB at 100 MB/s and is started once: 11 ms; in training three times that."""
    rows = LAYERS[(LAYERS["architecture"] == "Regular") & (LAYERS["layer"] == "block1_pool")].to_dict("records")
    assert [row["direction"] for row in rows] == ["inference", "training"]
    assert [row["roofline_seconds"] for row in rows] == [0.011, 0.033]
    assert (rows[1]["bytes"], rows[1]["passes"], rows[1]["flops_per_byte"], rows[1]["bound"]) == (3e6, 3, 0, "memory")
    assert [rows[1][f"seconds{end}"] for end in ("", "_low", "_high")] == pytest.approx([0.05, 0.045, 0.055])
    assert rows[1]["share"] == 0.66, "33 of 50 ms"
    conv = LAYERS[(LAYERS["layer"] == "block1_conv2") & (LAYERS["direction"] == "training")].iloc[0]
    assert (conv["flops"], conv["bound"], conv["flops_per_byte"]) == (24e7, "compute", 80)
    assert conv["operation"] == "convolution"
    assert conv["roofline_seconds"] == 0.243
    assert not (LAYERS["layer"] == "flatten").any(), "does nothing"


def test_a_layer_too_short_to_be_timed_has_no_share() -> None:
    """Its measured time is 0, and nothing is divided by it."""
    (pool,) = [each for each in RECORD["architectures"]["Regular"]["layers"] if each["name"] == "block1_pool"]
    zero = pool | {"inference_seconds": timing(0.0), "training_seconds": timing(0.0)}
    table = costs.layer_table(own_record([zero]), ["Regular"])
    assert table["share"].tolist() == [None, None]
    assert table["roofline_seconds"].tolist() == [0.011, 0.033]
    assert costs.agreement(costs.layer_table(own_record([zero, pool]), ["Regular"]))["layers"] == 2


def test_a_row_a_network_with_the_sums_of_its_layers() -> None:
    """Separable's depthwise half does 6e6 FLOPs at half the rate, its pointwise half 24e6; each moves 3e6 bytes."""
    row = STEPS.iloc[1]
    assert row["step_flops"] == 6 * (10**6 + 10**6 + 4 * 10**6)
    assert row["step_bytes"] == 3 * (10**5 + 3 * 10**6)
    assert row["roofline_seconds"] == pytest.approx(0.006 + 0.003 + 0.033 + 0.033 + 0.033)
    assert row["layers_seconds"] == pytest.approx(0.012 + 0.12 + 0.06 + 0.05)
    assert (row["step_seconds"], row["step_seconds_low"], row["optimizer_seconds"]) == (0.25, 0.225, 0.01)
    assert (row["latency_ms"], row["latency_ms_high"], row["input_seconds"]) == (2, 2.2, 0.0004)
    assert (row["loss_seconds"], row["inference_seconds"]) == (0.005, 0.0625)


def test_shares_are_of_the_first_architecture() -> None:
    """Each architecture has four measures; those of the first are 1."""
    table = costs.relative_table(STEPS)
    assert table["share"].tolist()[:4] == [1, 1, 1, 1]
    second = table[table["architecture"] == "Separable"].set_index("measure")["share"]
    assert second.to_dict() == {
        "FLOPs of a training step": significant(36 / (6 * 41)),
        "bytes of a training step": significant(9.3 / 6.3),
        "time by the roofline": significant(108 / 285),
        "time measured": 0.625,
    }


def test_operations_and_what_is_no_layer_make_the_whole_step() -> None:
    """The seconds of each network add up to its step; by hand for both networks."""
    table = costs.operation_table(STEPS, LAYERS)
    by_hand = {
        "Regular": {"first convolution": 12, "convolution": 300, "pooling": 50, "left over": 23},
        "Separable": {"first convolution": 12, "depthwise": 120, "pointwise": 60, "pooling": 50, "left over": -7},
    }
    for name, expected in by_hand.items():
        own = table[table["architecture"] == name].set_index("operation")
        assert (1e3 * own["seconds"]).to_dict() == pytest.approx(expected | {"optimizer": 10, "loss": 5})
        assert own.index[own["roofline_seconds"].isna()].tolist() == ["optimizer", "loss", "left over"]
    assert (own.loc["depthwise", "roofline_seconds"], own.loc["depthwise", "flops"]) == (0.033, 6e6)


def test_agreement_by_hand() -> None:
    """Shared layers count once; ten layer timings are left.

    In ms, measured: inference 4, 100, 16.7, 40, 20, training 12, 300, 50, 120, 60 of the first convolution, the
    second, the pooling, the depthwise and the pointwise half. Predicted: 3, 81, 11, 11, 11, and 9, 243, 33, 33, 33.
    """
    figures = costs.agreement(LAYERS)
    measured = [4, 100, 50 / 3, 40, 20, 12, 300, 50, 120, 60]
    predicted = [3, 81, 11, 11, 11, 9, 243, 33, 33, 33]
    ratios = sorted(one / other for one, other in zip(measured, predicted, strict=True))
    assert figures["layers"] == 10, "five different layers in two directions"
    # ranks measured: 1, 8, 3, 5, 4, 2, 10, 6, 9, 7; predicted, ties share theirs: 1, 9, 4, 4, 4, 2, 10, 7, 7, 7
    # both have the mean 5.5; sums of products of deviations: 76.5 with one another, 82.5 and 78.5 with themselves
    assert figures["rank_correlation"] == pytest.approx(76.5 / (82.5 * 78.5) ** 0.5)
    assert figures["median_ratio"] == figures["median_factor"] == pytest.approx((ratios[4] + ratios[5]) / 2, rel=1e-3)
    assert figures["total_ratio"] == pytest.approx(sum(measured) / sum(predicted), rel=1e-3)


def test_a_machine_twice_as_fast_as_predicted_is_off_by_a_factor_of_two() -> None:
    """The factor is the same up or down, the ratio is not."""
    least = LAYERS[LAYERS["architecture"] == "Regular"].set_index(["layer", "direction"])["roofline_seconds"]
    layers = [
        each | {f"{direction}_seconds": timing(least[each["name"], direction] / 2) for direction in costs.DIRECTIONS}
        for each in RECORD["architectures"]["Regular"]["layers"]
        if each["name"] != "flatten"
    ]
    figures = costs.agreement(costs.layer_table(own_record(layers), ["Regular"]))
    assert figures == pytest.approx(
        {"layers": 6, "rank_correlation": 1, "median_ratio": 0.5, "median_factor": 2, "total_ratio": 0.5}
    )


def test_several_experiments_stand_in_one_table() -> None:
    """A data set and width is compared with its own first architecture, never with another's."""
    benchmarks = {("stripes", "0.5"): RECORD, ("stripes", "1"): RECORD}
    layers = costs.layer_table(benchmarks, NAMES[::-1])
    steps = costs.step_times(benchmarks, layers, NAMES[::-1])
    assert steps["width"].tolist() == ["0.5", "0.5", "1", "1"]
    times = costs.relative_table(steps).query("measure == 'time measured'")
    assert times["share"].tolist() == [1, 1.6, 1, 1.6]
    assert costs.agreement(layers)["layers"] == 20
