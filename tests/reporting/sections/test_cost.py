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
    layers, operations = (table[table["architecture"] == "Regular"] for table in (LAYERS, OPERATIONS))
    parts = [*cost.answer(networks, relative, changes, RECORD), *cost.differences(changes)]
    text = "\n\n".join([*parts, *cost.by_operation(networks, layers, operations, RECORD)])
    assert "difference" not in text
    assert "rest of the step" not in text.casefold()
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
        "| unexplained | 23.0 | -7.00 |",
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
        "*Unexplained* is the time of the whole step minus that of all its parts timed alone: ",
        " *The rest of the step*, in the difference between two, also has optimizer and loss. Making a batch of images"
        " takes 0.40 ms,",
        "None of the",
        "Of the ratios only that of the time is a median of ratios round by round, with an interval.",
        "The machine's rates are taken as exact, so *multiply-adds* and *bytes* have no interval; an error in a rate"
        " moves time between these two and *kernels*.",
        "Far below it the installed kernel is or, in times of a tenth of a millisecond, the start of the operation.",
        "plots/layers.csv has every layer.",
    ):
        assert said in text


def test_small_work_and_times_are_not_written_as_zero() -> None:
    """A step of 4 ms and 2 MFLOPs has three digits too, and so have the parts of a difference."""
    small = {name: NETWORKS[name] / 1e2 for name in NETWORKS if name.startswith(("step_", "roofline_"))}
    row = cost.training_steps(NETWORKS.assign(**small)).splitlines()[2]
    assert row == "| Regular | 0.00246 | 0.0630 | 2.76 ms | 4.00 ms | 3.60 to 4.40 ms |"
    tiny = CHANGES.assign(**{name: CHANGES[name] / 1e4 for name in ("seconds", "low", "high")})
    assert cost.parts(tiny).splitlines()[2] == "| step | -0.0150 (-0.0165 to -0.0135) |"
