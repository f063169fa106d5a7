"""The tables against numbers worked out from tests/timed.py by hand."""

import copy
from typing import Any

import pytest

from dscnn.core.files import significant
from dscnn.reporting.tables import costs
from frames import BENCHMARKS, KEY, LAYERS, NAMES, STEPS
from timed import RECORD, timing


def own_record(layers: list[dict[str, Any]]) -> dict[tuple[str, str], Any]:
    """Return a benchmark in which Regular has `layers`."""
    record = copy.deepcopy(RECORD)
    record["architectures"]["Regular"]["layers"] = layers
    return {("stripes", "0.5"): record}


def test_a_row_a_layer_and_direction_with_work_time_and_roofline() -> None:
    """The pooling moves 1 MB at 100 MB/s: 10 ms; in training three times that."""
    rows = LAYERS[(LAYERS["architecture"] == "Regular") & (LAYERS["layer"] == "block1_pool")].to_dict("records")
    assert [row["direction"] for row in rows] == ["inference", "training"]
    assert [row["roofline_seconds"] for row in rows] == [0.01, 0.03]
    assert (rows[1]["bytes"], rows[1]["passes"], rows[1]["flops_per_byte"], rows[1]["bound"]) == (3e6, 3, 0, "memory")
    assert [rows[1][f"seconds{end}"] for end in ("", "_low", "_high")] == pytest.approx([0.05, 0.045, 0.055])
    assert rows[1]["share"] == 0.6, "30 of 50 ms"
    conv = LAYERS[(LAYERS["layer"] == "block1_conv2") & (LAYERS["direction"] == "training")].iloc[0]
    assert (conv["flops"], conv["bound"], conv["flops_per_byte"]) == (24e7, "compute", 80)
    assert conv["operation"] == "convolution"
    assert conv["roofline_seconds"] == conv["arithmetic_seconds"] == 0.24
    assert not (LAYERS["layer"] == "flatten").any(), "does nothing"


def test_a_layer_too_short_to_be_timed_has_no_share() -> None:
    """Its measured time is 0, and nothing is divided by it."""
    (pool,) = [each for each in RECORD["architectures"]["Regular"]["layers"] if each["name"] == "block1_pool"]
    zero = pool | {"inference_seconds": timing(0.0), "training_seconds": timing(0.0)}
    table = costs.layer_table(own_record([zero]), {KEY: ["Regular"]})
    assert table["share"].tolist() == [None, None]
    assert table["roofline_seconds"].tolist() == [0.01, 0.03]
    assert costs.beyond(table).empty, "nothing is known to be below its bound"


def test_a_row_a_network_with_the_sums_of_its_layers() -> None:
    """Separable's depthwise half does 6e6 FLOPs at half the rate, its pointwise half 24e6; each moves 3e6 bytes."""
    row = STEPS.iloc[1]
    assert row["step_flops"] == 6 * (10**6 + 10**6 + 4 * 10**6)
    assert row["step_bytes"] == 3 * (10**5 + 3 * 10**6)
    assert row["roofline_seconds"] == pytest.approx(0.006 + 0.03 + 0.03 + 0.03)
    assert row["layers_seconds"] == pytest.approx(0.012 + 0.12 + 0.06 + 0.05)
    assert (row["step_seconds"], row["step_seconds_low"], row["optimizer_seconds"]) == (0.25, 0.225, 0.01)
    assert (row["latency_ms"], row["latency_ms_high"], row["input_seconds"]) == (2, 2.2, 0.0004)
    assert (row["loss_seconds"], row["inference_seconds"]) == (0.005, 0.0625)


def test_shares_are_of_the_first_architecture() -> None:
    """Each architecture has four measures; those of the first are 1. What is counted has no interval."""
    table = costs.relative_table(BENCHMARKS, STEPS)
    assert table["share"].tolist()[:4] == [1, 1, 1, 1]
    second = table[table["architecture"] == "Separable"].set_index("measure")
    assert second["share"].to_dict() == {
        "FLOPs of a training step": significant(36 / (6 * 41)),
        "bytes of a training step": significant(9.3 / 6.3),
        "the least time by the roofline": significant(96 / 276),
        "time measured": 0.625,
    }
    assert second["low"].tolist() == second["high"].tolist() == second["share"].tolist()


def test_the_measured_share_is_of_ratios_round_by_round() -> None:
    """A machine that is twice as slow in some rounds, for both, changes no ratio; the ends are those of the ratios."""
    record = copy.deepcopy(RECORD)
    for name, rounds in (("Regular", [1.0, 2.0, 1.0, 2.0, 1.0]), ("Separable", [0.4, 1.0, 0.5, 1.0, 0.6])):
        record["architectures"][name]["training_step"]["rounds"] = rounds
    (row,) = (
        costs.relative_table({KEY: record}, STEPS).query("share != 1 and measure == 'time measured'").to_dict("records")
    )
    assert (row["share"], row["low"], row["high"]) == (0.5, 0.4, 0.6)


def test_the_share_of_one_image_is_of_ratios_round_by_round() -> None:
    """Its two latencies overlap, since the machine was twice as slow in some rounds; the ratio leaves out 1."""
    record = copy.deepcopy(RECORD)
    for name, rounds in (("Regular", [1.0, 2.0, 1.0, 2.0, 1.0]), ("Separable", [0.8, 1.8, 0.8, 1.6, 0.7])):
        record["architectures"][name]["inference_1"]["rounds"] = rounds
    row = costs.step_times({KEY: record}, LAYERS, {KEY: NAMES}).iloc[1]
    assert row["latency_ms_high"] > 1000, "the median of the other"
    assert [row[f"latency_share{end}"] for end in ("", "_low", "_high")] == [0.8, 0.7, 0.9]


def test_operations_and_what_is_no_layer_make_the_whole_step() -> None:
    """The seconds of each network add up to its step; by hand for both networks."""
    table = costs.operation_table(STEPS, LAYERS)
    by_hand = {
        "Regular": {"first convolution": 12, "convolution": 300, "pooling": 50, "unexplained": 23},
        "Separable": {"first convolution": 12, "depthwise": 120, "pointwise": 60, "pooling": 50, "unexplained": -7},
    }
    for name, expected in by_hand.items():
        own = table[table["architecture"] == name].set_index("operation")
        assert (1e3 * own["seconds"]).to_dict() == pytest.approx(expected | {"optimizer": 10, "loss": 5})
        assert own.index[own["roofline_seconds"].isna()].tolist() == ["optimizer", "loss", "unexplained"]
    assert (own.loc["depthwise", "roofline_seconds"], own.loc["depthwise", "flops"]) == (0.03, 6e6)


def test_a_layer_below_its_bound_is_found() -> None:
    """By more than a tenth and its interval: the pooling's bound is 30 ms, its interval reaches a tenth above."""
    (pool,) = [each for each in RECORD["architectures"]["Regular"]["layers"] if each["name"] == "block1_pool"]

    def found(seconds: float) -> list[str]:
        fast = pool | {"training_seconds": timing(seconds)}
        return costs.beyond(costs.layer_table(own_record([fast]), {KEY: ["Regular"]}))["direction"].tolist()

    assert found(0.031) == found(0.0274) == []
    assert found(0.024) == ["training"]
    assert costs.beyond(LAYERS).empty


def test_several_experiments_stand_in_one_table() -> None:
    """A data set and width is compared with its own first architecture, never with another's."""
    benchmarks = {("stripes", "0.5"): RECORD, ("stripes", "1"): RECORD}
    names = dict.fromkeys(benchmarks, NAMES[::-1])
    layers = costs.layer_table(benchmarks, names)
    steps = costs.step_times(benchmarks, layers, names)
    assert steps["width"].tolist() == ["0.5", "0.5", "1", "1"]
    times = costs.relative_table(benchmarks, steps).query("measure == 'time measured'")
    assert times["share"].tolist() == [1, 1.6, 1, 1.6]
