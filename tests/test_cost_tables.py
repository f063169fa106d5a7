"""The tables against numbers worked out from tests/timed.py by hand."""

import copy

import pytest

from dscnn import cost_tables
from timed import RECORD, timing

NAMES = ["Regular", "Separable"]
BENCHMARKS = {("stripes", "0.5"): RECORD}
LAYERS = cost_tables.layer_table(BENCHMARKS, NAMES)
STEPS = cost_tables.step_table(BENCHMARKS, LAYERS, NAMES)


def test_a_row_a_layer_and_direction_with_work_time_and_roofline() -> None:
    """The pooling moves 1 MB at 100 MB/s and is started once: 11 ms; in training three times that."""
    rows = LAYERS[(LAYERS["architecture"] == "Regular") & (LAYERS["layer"] == "block1_pool")].to_dict("records")
    assert [row["direction"] for row in rows] == ["inference", "training"]
    assert [row["roofline_seconds"] for row in rows] == [0.011, 0.033]
    assert (rows[1]["bytes"], rows[1]["passes"], rows[1]["flops_per_byte"], rows[1]["bound"]) == (3e6, 3, 0, "memory")
    assert [rows[1][f"seconds{end}"] for end in ("", "_low", "_high")] == pytest.approx([0.05, 0.045, 0.055])
    assert rows[1]["share"] == 0.66, "33 of 50 ms"
    conv = LAYERS[(LAYERS["layer"] == "block1_conv2") & (LAYERS["direction"] == "training")].iloc[0]
    assert (conv["flops"], conv["bound"], conv["kind"], conv["flops_per_byte"]) == (24e7, "compute", "convolution", 80)
    assert conv["roofline_seconds"] == 0.243
    assert not (LAYERS["layer"] == "flatten").any(), "does nothing"


def test_a_row_a_network_with_the_sums_of_its_layers() -> None:
    """Separable: depthwise 6e6 FLOPs at half the rate, 3e6 bytes; pointwise 24e6 FLOPs."""
    row = STEPS.iloc[1]
    assert row["step_flops"] == 6 * (10**6 + 10**6 + 4 * 10**6)
    assert row["step_bytes"] == 3 * (10**5 + 3 * 10**6)
    assert row["roofline_seconds"] == pytest.approx(0.006 + 0.003 + 0.033 + 0.033 + 0.033)
    assert row["layers_seconds"] == pytest.approx(0.012 + 0.12 + 0.06 + 0.05)
    assert (row["step_seconds"], row["step_seconds_low"], row["optimizer_seconds"]) == (0.25, 0.225, 0.01)
    assert (row["latency_ms"], row["latency_ms_high"], row["input_seconds"]) == (2, 2.2, 0.0004)


def test_shares_are_of_the_first_architecture() -> None:
    """Four measures of each."""
    table = cost_tables.relative_table(STEPS)
    assert table["share"].tolist()[:4] == [1, 1, 1, 1]
    second = table[table["architecture"] == "Separable"].set_index("measure")["share"]
    assert second["time measured"] == 0.625
    assert second["FLOPs of a training step"] == pytest.approx(36 / (6 * 41), rel=1e-3)
    assert second["bytes of a training step"] == pytest.approx(9.3 / 6.3, rel=1e-3)


def test_kinds_and_what_is_no_layer_make_the_whole_step() -> None:
    """What is left over closes the sum."""
    table = cost_tables.kind_table(STEPS, LAYERS)
    for name, step in (("Regular", 0.4), ("Separable", 0.25)):
        own = table[table["architecture"] == name].set_index("kind")
        assert own["seconds"].sum() == pytest.approx(step)
        assert own.loc["left over", "seconds"] == pytest.approx(
            step - STEPS.set_index("architecture").loc[name, "layers_seconds"] - 0.015
        )
        assert own["roofline_seconds"].isna().sum() == 3
    assert own.loc["depthwise", "roofline_seconds"] == 0.033


def test_agreement_by_hand() -> None:
    """Shared layers count once; ranks agree but for one pair; the factor is the same up or down."""
    figures = cost_tables.agreement(LAYERS)
    assert figures["layers"] == 10, "five different layers in two directions"
    assert 0.9 < figures["rank_correlation"] < 1
    fast = copy.deepcopy(RECORD)
    for each in fast["architectures"]["Regular"]["layers"]:
        for direction in ("inference", "training"):
            least = LAYERS[(LAYERS["layer"] == each["name"]) & (LAYERS["direction"] == direction)]["roofline_seconds"]
            each[f"{direction}_seconds"] = timing(0.5 * least.iloc[0] if len(least) else 0.0)
    table = cost_tables.layer_table({("stripes", "0.5"): fast}, ["Regular"])
    figures = cost_tables.agreement(table)
    assert figures["rank_correlation"] == pytest.approx(1)
    assert figures["median_ratio"] == pytest.approx(0.5)
    assert figures["median_factor"] == pytest.approx(2)
    assert figures["total_ratio"] == pytest.approx(0.5)
