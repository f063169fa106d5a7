import math
from typing import Any

import pandas as pd

from dscnn.reporting.sections import cost
from frames import CHANGES, LAYERS, NETWORKS, OPERATIONS, RELATIVE
from timed import RECORD


def test_the_training_steps_by_hand() -> None:
    """A row has work, bytes, the least time, and the median with its interval; another the ratios to the first."""
    head, _, regular, separable = cost.training_steps(NETWORKS).splitlines()
    assert head == "| a training step | GFLOPs | MB moved (counted) | roofline | time | time, 95% interval |"
    assert regular == "| Regular | 0.246 | 6.30 | 276 ms | 400 ms | 360 to 440 ms |"
    assert separable == "| Separable | 0.0360 | 9.30 | 96.0 ms | 250 ms | 225 to 275 ms |"
    head, _, regular, separable = cost.relative_steps(RELATIVE).splitlines()
    assert head == "| relative to Regular | FLOPs | bytes (counted) | roofline | time | time, 95% interval |"
    assert regular == "| Regular | 1.00 | 1.00 | 1.00 | 1.00 | 1.00 to 1.00 |"
    assert separable == "| Separable | 0.15 | 1.48 | 0.35 | 0.62 | 0.62 to 0.62 |"


def test_the_parts_of_a_difference_by_hand() -> None:
    """They add up to the first row; what is counted has no interval.

    The likeliest that moves the last one far is a tenth of the convolution's 300 ms (5.8 % each way).
    """
    assert cost.parts(CHANGES).splitlines() == [
        "| ms a step | Separable minus Regular |",
        "| :-- | --: |",
        "| step | -150 (-165 to -135) |",
        "| multiply-adds | -204 |",
        "| bytes | +24.0 |",
        "| depthwise kernels | +90.0 (+78.0 to +102) |",
        "| pointwise kernels | +30.0 (+24.0 to +36.0) |",
        "| convolution kernels | -60.0 (-90.0 to -30.0) |",
        "| the rest of the step | -30.0 (-60.0 to 0) |",
    ]


def test_a_single_architecture_has_no_differences() -> None:
    """Neither table nor the words about its rows are there."""
    networks, relative, changes = (table[table["architecture"] == "Regular"] for table in (NETWORKS, RELATIVE, CHANGES))
    text = "\n\n".join([*cost.answer(networks, relative, changes, RECORD), *cost.differences(changes)])
    assert "difference" not in text
    assert "| Regular | 0.246 |" in text


def test_a_part_that_a_pair_lacks_is_zero() -> None:
    """The other pair has it, and the parts stay in their order."""
    one = CHANGES[CHANGES["part"] != "bytes"].assign(architecture="Third")
    lines = cost.parts(pd.concat([one, CHANGES])).splitlines()
    assert lines[0] == "| ms a step | Third minus Regular | Separable minus Regular |"
    assert lines[4] == "| bytes | 0 | +24.0 |"


def test_the_time_by_operation_by_hand() -> None:
    """Cells are milliseconds, with the share of the roofline; a cell is empty where there is no such operation."""
    assert cost.time_by_operation(OPERATIONS).splitlines() == [
        "| ms (share of what the hardware allows) | Regular | Separable |",
        "| :-- | --: | --: |",
        "| first convolution | 12.0 (50%) | 12.0 (50%) |",
        "| convolution | 300 (80%) |  |",
        "| pooling | 50.0 (60%) | 50.0 (60%) |",
        "| depthwise |  | 120 (25%) |",
        "| pointwise |  | 60.0 (50%) |",
        "| optimizer | 10.0 | 10.0 |",
        "| loss | 5.00 | 5.00 |",
        "| left over | 23.0 | -7.00 |",
    ]


def test_inference_by_hand() -> None:
    """One image takes 2 ms, a batch of 16 a quarter of a training step."""
    table, about = cost.inference(NETWORKS, 16)
    head, *_, separable = table.splitlines()
    assert head == "| inference | one image | interval | a batch of 16 | images/s at inference |"
    assert separable == "| Separable | 2.00 ms | 1.80 to 2.20 ms | 62.5 ms | 256 |"
    assert "One image of a small network by Keras is mostly the cost of the call" in about
    assert "*The answer* times one image by TensorFlow Lite where networks are converted to it in float32." in about


def test_the_section_has_its_tables_and_paragraphs() -> None:
    """It says the conditions of the benchmark, explains the pairs, and holds the layers against their bounds."""
    parts = [
        *cost.answer(NETWORKS, RELATIVE, CHANGES, RECORD),
        *cost.differences(CHANGES),
        *cost.by_operation(NETWORKS, LAYERS, OPERATIONS, RECORD),
    ]
    assert parts[0] == cost.WHAT, "the parts of a step are defined before a sentence names them"
    assert parts[1].startswith("**Separable against Regular**")
    for table in (
        cost.training_steps(NETWORKS),
        cost.relative_steps(RELATIVE),
        cost.parts(CHANGES),
        cost.time_by_operation(OPERATIONS),
    ):
        assert table in parts
    text = "\n\n".join(parts)
    for said in (
        "These are training steps of 16 images in mixed_bfloat16, timed side by side in one process. A time is the"
        " median of 5 rounds, an interval the 95% bootstrap interval over them. Meanwhile other processes used 0.04",
        "**A step took another time in training than in the benchmark**: Regular ",
        "What this machine allows (cpu, A fast one, 2 threads)",
        "Making a batch of images takes 0.40 ms,",
        "None of the",
        "Of the ratios only that of the time is a median of ratios round by round, with an interval.",
        "The machine's rates are taken as exact, so *multiply-adds* and *bytes* have no interval; an error in a rate"
        " moves time between these two and *kernels*.",
        "Far below it the installed kernel is or, in times of a tenth of a millisecond, the start of the operation.",
        "plots/layers.csv has every layer.",
    ):
        assert said in text


ROW: dict[str, Any] = {
    "architecture": "Regular", "seed": "1", "format": "float32", "bytes": 12_345, "accuracy": 0.75,
    "agreement": 0.9987, "lite_latency_ms": 0.123456, "lite_latency_ms_low": 0.1, "lite_latency_ms_high": 0.2,
    "lite_share": 1.0, "lite_share_low": 1.0, "lite_share_high": 1.0, "other_processors": 0.5,
    "stolen_processors": 0.25,
}  # fmt: skip


def test_converted_networks_by_hand() -> None:
    """A row has size, time and accuracy; where nothing was converted, there is no table."""
    shares = {"lite_share": 0.256, "lite_share_low": 0.2, "lite_share_high": 0.3}
    untimed = dict.fromkeys(
        [name for name in ROW if name.startswith("lite_") or name.endswith("_processors")], math.nan
    )
    table = pd.DataFrame([ROW, ROW | shares, ROW | untimed])
    about, shown, load = cost.deployed(table, "Regular")
    assert load.startswith("**The machine was busy with other work meanwhile**: other processes used 0.50 processors")
    assert len(cost.deployed(table[2:], "Regular")) == 2, "no time, no load"
    assert "*against Regular* is the median of the ratios of each round" in about
    assert shown.splitlines()[0].split(" | ")[4:6] == ["one image", "against Regular"]
    assert shown.splitlines()[2:] == [
        "| Regular | 1 | float32 | 12.3 kB | 0.123 ms (0.100 to 0.200) | 1 | 0.7500 | 99.87% |",
        "| Regular | 1 | float32 | 12.3 kB | 0.123 ms (0.100 to 0.200) | 0.26 (0.20 to 0.30) | 0.7500 | 99.87% |",
        "| Regular | 1 | float32 | 12.3 kB | not timed | not timed | 0.7500 | 99.87% |",
    ]
    assert about.endswith(
        "same class as from the Keras network in float32. The accuracies of training runs are in the precision of"
        " training, so that of the same network can differ a little."
    )
    assert cost.deployed(table[:0], "Regular") == []


def test_a_failed_conversion_is_pointed_out_below_the_table() -> None:
    """The warning is in bold, so that nobody takes the latency for a success."""
    *_, warning = cost.deployed(pd.DataFrame([ROW, ROW | {"format": "int8", "accuracy": 0.1}]), "Regular")
    assert warning.startswith("**The int8 conversion of Regular, seed 1, failed**: its accuracy is 0.1000")


def test_a_low_agreement_is_flagged_in_the_table_and_below_it() -> None:
    """The share is in bold, and a sentence says what it means."""
    _, shown, _, warning = cost.deployed(pd.DataFrame([ROW, ROW | {"format": "int8", "agreement": 0.9102}]), "Regular")
    float32, int8 = shown.splitlines()[-2:]
    assert float32.endswith("| 99.87% |")
    assert int8.endswith("| **91.02%** |")
    assert warning.startswith("**The int8 conversion of Regular, seed 1, differs from its network**")


def test_small_work_and_times_are_not_written_as_zero() -> None:
    """A step of 4 ms and 2 MFLOPs has three digits too, and so have the parts of a difference."""
    small = {name: NETWORKS[name] / 1e2 for name in NETWORKS if name.startswith(("step_", "roofline_"))}
    row = cost.training_steps(NETWORKS.assign(**small)).splitlines()[2]
    assert row == "| Regular | 0.00246 | 0.0630 | 2.76 ms | 4.00 ms | 3.60 to 4.40 ms |"
    tiny = CHANGES.assign(**{name: CHANGES[name] / 1e4 for name in ("seconds", "low", "high")})
    assert cost.parts(tiny).splitlines()[2] == "| step | -0.0150 (-0.0165 to -0.0135) |"
