import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from dscnn.reporting.figures import panels, style

LOOKS = style.looks(["A", "B"])
EPOCHS = pd.DataFrame(
    [
        {
            "dataset": "d",
            "width": "1",
            "architecture": name,
            "seed": seed,
            "epoch": epoch,
            "val_accuracy": value + seed / 10,
            "seconds": epoch * (seed + 1.0),
        }
        for name, value in (("A", 0.2), ("B", 0.5))
        for seed in (1, 2)
        for epoch in (1, 2, 3)
    ]
)
NETWORKS = pd.DataFrame(
    {
        "dataset": ["d", "d"],
        "width": ["1", "1"],
        "architecture": ["A", "B"],
        "flops": [2_000_000, 500_000],
        "train_seconds": [4.0, 2.0],
        "train_seconds_min": [3.0, 2.0],
        "train_seconds_max": [6.0, 2.5],
    }
)


RELATIVE = pd.DataFrame(
    {
        "dataset": "d", "width": "1", "architecture": ["A", "A", "B", "B"],
        "measure": ["work", "time", "work", "time"], "share": [1.0, 1.0, 0.25, 0.75],
    }
)  # fmt: skip
OPERATIONS = pd.DataFrame(
    {
        "dataset": "d", "width": "1", "architecture": ["A", "A", "A", "B", "B", "B"],
        "operation": ["convolution", "loss", "unexplained", "depthwise", "loss", "unexplained"],
        "seconds": [0.010, 0.0001, 0.003, 0.004, 0.0001, -0.001],
    }
)  # fmt: skip


def test_shares_stand_side_by_side_for_each_measure() -> None:
    """Each architecture has a bar in its own colour, from zero, with its value."""
    _, axes = plt.subplots()
    panels.shares(axes, RELATIVE, LOOKS)
    assert [patch.get_height() for patch in axes.patches] == [1, 1, 0.25, 0.75]
    places = [patch.get_x() + patch.get_width() / 2 for patch in axes.patches]
    assert places == pytest.approx([-0.2, 0.8, 0.2, 1.2])
    assert [text.get_text() for text in axes.texts] == ["1.00", "1.00", "0.25", "0.75"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["work", "time"]
    plt.close()


def test_operations_are_stacked_and_the_small_are_one() -> None:
    """Heights are milliseconds; an operation under a fiftieth is among all else, a negative one is not drawn."""
    _, axes = plt.subplots()
    panels.stacked(axes, OPERATIONS, LOOKS)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "all else",
        "depthwise",
        "unexplained",
        "convolution",
        "the whole step",
    ]
    (line,) = (own for own in axes.collections if own.get_label() == "the whole step")
    assert [segment[0, 1] for segment in line.get_segments()] == pytest.approx([13.1, 3.1]), "less what is negative"
    tops = [patch.get_y() + patch.get_height() for patch in axes.patches]
    assert max(tops) == pytest.approx(13.1)
    assert [patch.get_height() for patch in axes.patches] == pytest.approx([10, 0, 3, 0, 0, 4, 0.1, 0.1])
    assert [text.get_text() for text in axes.texts] == ["10.0", "3.00", "4.00"]
    assert axes.get_ylim()[0] == 0
    plt.close()


def test_an_operation_has_the_same_colour_for_every_width() -> None:
    """Also where another one is too small to be named, or below zero."""
    looks = []
    for seconds in ([0.010, 0.0001, 0.003, 0.004], [0.010, 0.002, 0.003, 0.004], [0.010, 0.002, -0.003, 0.004]):
        _, axes = plt.subplots()
        panels.stacked(axes, OPERATIONS[:4].assign(seconds=seconds), LOOKS)
        bars = {bar.get_label(): bar.patches[0] for bar in axes.containers}
        looks.append([(bars[name].get_facecolor(), bars[name].get_hatch()) for name in ("convolution", "depthwise")])
        assert len({(bar.get_facecolor(), bar.get_hatch()) for bar in bars.values()}) == len(bars)
        plt.close()
    assert looks[0] == looks[1] == looks[2]


def test_what_is_not_drawn_is_said() -> None:
    """B's rest is below zero, so its bar is longer than its step; else nothing is said."""
    assert panels.undrawn(OPERATIONS) == "in B the parts alone take longer than the step"
    both = OPERATIONS.assign(seconds=-OPERATIONS["seconds"].abs())
    assert panels.undrawn(both) == "in A, B the parts alone take longer than the step"
    assert panels.undrawn(OPERATIONS[:3]) == ""


def test_a_negative_operation_takes_nothing_from_the_small_ones() -> None:
    """All else is 0.1 ms although what is unexplained, which is not drawn, is -1 ms."""
    _, axes = plt.subplots()
    table = pd.DataFrame(
        {"architecture": "A", "operation": ["convolution", "dense", "unexplained"], "seconds": [0.01, 0.0001, -0.001]}
    )
    panels.stacked(axes, table, LOOKS)
    assert [patch.get_height() for patch in axes.patches] == pytest.approx([10, 0.1])
    plt.close()


def test_without_small_operations_there_is_no_rest() -> None:
    """Nothing else is in the legend."""
    _, axes = plt.subplots()
    panels.stacked(axes, OPERATIONS[OPERATIONS["operation"] != "loss"], LOOKS)
    assert "all else" not in [text.get_text() for text in axes.get_legend().get_texts()]
    plt.close()


def test_a_curve_is_the_mean_of_the_seeds() -> None:
    """Each architecture has a line in its own colour and mark, and a band from the lowest to the highest seed."""
    _, axes = plt.subplots()
    panels.curves("val_accuracy", "accuracy", panels.by_errors)(axes, EPOCHS, LOOKS)
    assert [line.get_label() for line in axes.lines] == ["A", "B"]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), 0.35)
    np.testing.assert_allclose(axes.lines[1].get_ydata(), 0.65)
    band = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((0.3, 0.4))
    looks = {(line.get_color(), line.get_marker()) for line in axes.lines}
    assert len({colour for colour, _ in looks}) == len({mark for _, mark in looks}) == 2
    plt.close()


@pytest.mark.parametrize("epochs", [2, 7, 40])
def test_epochs_are_whole_numbers(epochs: int) -> None:
    """However few there are."""
    rows = [
        {"architecture": "A", "seed": 1, "epoch": epoch, "val_accuracy": epoch / 50} for epoch in range(1, epochs + 1)
    ]
    _, axes = plt.subplots()
    panels.curves("val_accuracy", "accuracy", panels.by_errors)(axes, pd.DataFrame(rows), LOOKS)
    ticks = [tick for tick in axes.get_xticks() if 1 <= tick <= epochs]
    assert len(ticks) > 1
    assert all(tick == int(tick) for tick in ticks)


def test_a_curve_ends_with_the_first_seed_that_stopped() -> None:
    """A mean over fewer seeds than the rest of the line would not be told from it."""
    _, axes = plt.subplots()
    panels.curves("val_accuracy", "accuracy", panels.by_errors)(
        axes, EPOCHS[(EPOCHS["seed"] == 1) | (EPOCHS["epoch"] < 3)], LOOKS
    )
    assert [line.get_xdata().tolist() for line in axes.lines] == [[1, 2]] * 2
    plt.close()


def test_accuracy_by_time_has_a_line_an_arm() -> None:
    """A line has its architecture's colour and mark, and its own seconds; the legend names each architecture once."""
    _, axes = plt.subplots()
    panels.by_time(axes, EPOCHS, LOOKS)
    assert [line.get_xdata().tolist() for line in axes.lines] == [[2, 4, 6], [3, 6, 9]] * 2
    assert [line.get_ydata()[0] for line in axes.lines] == pytest.approx([0.3, 0.4, 0.6, 0.7])
    looks = [(line.get_color(), line.get_marker()) for line in axes.lines]
    assert looks[0] == looks[1] != looks[2] == looks[3]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["A", "B"]
    plt.close()


def test_a_bar_starts_at_zero_and_says_its_value() -> None:
    """Where times are drawn, it has a whisker over the seeds."""
    _, axes = plt.subplots()
    panels.bars("train_seconds", "seconds", "s", extremes=True)(axes, NETWORKS, LOOKS)
    assert axes.get_ylim()[0] == 0
    assert [patch.get_height() for patch in axes.patches] == [4, 2]
    assert [text.get_text() for text in axes.texts] == ["4.00 s", "2.00 s"]
    assert len({patch.get_hatch() for patch in axes.patches}) == 2
    whisker = axes.collections[0].get_segments()[0]
    assert whisker[:, 1].tolist() == [3, 6]
    plt.close()


def test_accuracies_are_scaled_by_their_errors() -> None:
    """.8 to .9 halves the error, and .9 to .95 too, so both are about as long; 1 can be drawn."""
    _, axes = plt.subplots()
    axes.plot([0, 1], [0.5, 1.0])
    panels.by_errors(axes)
    heights = axes.transData.transform([(0, value) for value in (0.8, 0.9, 0.95, 1.0)])[:, 1]
    assert np.isfinite(heights).all()
    first, second, rest = np.diff(heights)
    assert 0.9 < first / second < 1.1
    assert rest > second
    assert [axes.yaxis.get_major_formatter()(value) for value in (0.5, 0.995)] == ["0.5", "0.995"]
    plt.close()


@pytest.mark.parametrize(("low", "high", "expected"), [(0.01, 3, 8), (0.6, 0.9, 3)])
def test_a_logarithmic_axis_is_labelled_with_plain_numbers(low: float, high: float, expected: int) -> None:
    """No formulas, which are off (a class may be named with $); also where it is short."""
    with style.applied():
        _, axes = plt.subplots()
        panels.logarithmic(axes)
        axes.set_ylim(low, high)
        axes.figure.canvas.draw()
    labels = [float(text.get_text()) for text in axes.get_yticklabels(which="both") if text.get_text()]
    assert len([value for value in labels if low <= value <= high]) >= expected
