import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import FillBetweenPolyCollection
from scipy import stats

from dscnn.reporting.figures import accuracy, style

ARMS = pd.DataFrame(
    {"architecture": ["A"] * 3 + ["B"] * 3, "seed": [1, 2, 3] * 2, "accuracy": [0.5, 0.6, 0.7, 0.8, 0.8, 0.9]}
)
LOOKS = style.looks(["A", "B"])
NETWORKS = pd.DataFrame(
    {
        "architecture": ["A", "B"], "width": ["1", "1"], "macs": [1000, 100], "accuracy": [0.6, 0.8],
        "accuracy_mean_low": [0.5, np.nan], "accuracy_mean_high": [0.7, np.nan], "mirror_accuracy": np.nan,
    }
)  # fmt: skip


def test_every_seed_is_a_point_left_of_its_mean() -> None:
    """In percent; the mean has SciPy's interval of Student's t."""
    _, axes = plt.subplots()
    accuracy.seeds(axes, ARMS, LOOKS)
    first, second = (collection.get_offsets() for collection in axes.collections if len(collection.get_offsets()) == 3)
    assert np.asarray(first)[:, 1] == pytest.approx([50, 60, 70])
    assert np.asarray(second)[:, 1] == pytest.approx([80, 80, 90])
    assert (np.asarray(first)[:, 0] < 0.1).all()
    assert len(set(np.asarray(second)[:, 0])) == 3, "equal accuracies do not hide each other"
    mean = axes.containers[0]
    low, high = (caps.get_ydata()[0] for caps in mean.lines[1])
    ends = stats.ttest_1samp([50, 60, 70], 0).confidence_interval(0.95)
    assert (low, high) == pytest.approx((ends.low, ends.high))
    assert [label.get_text() for label in axes.get_xticklabels()] == ["A", "B"]
    assert [text.get_text() for text in axes.texts] == ["60.00", "83.33"]
    plt.close("all")


def test_one_seed_has_no_interval() -> None:
    """A point, a mean, and no whisker that would look like certainty."""
    _, axes = plt.subplots()
    accuracy.seeds(axes, ARMS[ARMS["seed"] == 1], LOOKS)
    assert [container.has_yerr for container in axes.containers] == [False, False]
    plt.close("all")


def test_a_network_stands_at_its_cost_with_its_name() -> None:
    """On a logarithmic axis; one without an interval has none. A is beaten by B, which is the whole Pareto front."""
    _, axes = plt.subplots()
    accuracy.against("macs", "multiply-adds")(axes, NETWORKS, LOOKS)
    assert axes.get_xscale() == "log"
    assert axes.get_xlabel() == "multiply-adds"
    assert [text.get_text() for text in axes.texts] == ["A", "B"]
    assert axes.lines[-1].get_xydata().tolist() == [[100, pytest.approx(80)]]
    points = [container.lines[0].get_xydata()[0].tolist() for container in axes.containers]
    assert points == [[1000, pytest.approx(60)], [100, pytest.approx(80)]]
    assert [container.has_yerr for container in axes.containers] == [True, False]
    plt.close("all")


def test_a_cost_that_varies_has_a_horizontal_line() -> None:
    """Between the two columns that `ends` names, in the unit's scale; without it there is none."""
    table = NETWORKS.assign(macs_low=[900, 90], macs_high=[1200, 150])
    for ends, expected in (("low high", [[0.9, 1.2], [0.09, 0.15]]), ("", [])):
        _, axes = plt.subplots()
        accuracy.against("macs", "time", "s", 1e-3, ends)(axes, table, LOOKS)
        lines = [
            own.get_segments()[0]
            for own in axes.collections
            if hasattr(own, "get_segments") and not own.get_paths()[0].should_simplify
        ]
        level = [segment[:, 0].tolist() for segment in lines if len(segment) == 2 and segment[0, 1] == segment[1, 1]]
        assert level == [pytest.approx(each) for each in expected]
    plt.close("all")


def test_several_widths_have_a_line_and_a_band() -> None:
    """The line joins the networks of an architecture by rising width, the band their intervals, in the unit's scale."""
    _, axes = plt.subplots()
    wide = NETWORKS.assign(
        accuracy_mean_low=[0.5, 0.7], accuracy_mean_high=[0.7, 0.9], architecture="A", width=["10", "2"]
    )
    accuracy.against("macs", "time", "s", 1e-3)(axes, wide, LOOKS)
    assert axes.lines[0].get_xydata().tolist() == [[0.1, pytest.approx(80)], [1.0, pytest.approx(60)]]
    band = np.concatenate([path.vertices for path in axes.collections[0].get_paths()])
    assert (band[:, 1].min(), band[:, 1].max()) == pytest.approx((50, 90))
    legend = axes.get_legend()
    assert legend
    assert [text.get_text() for text in legend.get_texts()] == ["A"]
    assert [text.get_text() for text in axes.texts] == ["2", "10"], "each mark has its width, and no name"
    plt.close("all")


def test_a_cost_that_does_not_rise_with_the_width_has_no_band() -> None:
    """The line still goes from width to width."""
    _, axes = plt.subplots()
    wide = NETWORKS.assign(accuracy_mean_low=[0.5, 0.7], accuracy_mean_high=[0.7, 0.9], architecture="A")
    accuracy.against("macs", "time")(axes, wide.assign(width=["1", "2"]), LOOKS)
    assert axes.lines[0].get_xydata()[:, 0].tolist() == [1000, 100]
    assert not [own for own in axes.collections if isinstance(own, FillBetweenPolyCollection)]
    plt.close("all")


def test_an_average_with_the_mirror_image_is_a_hollow_mark_at_twice_the_multiply_adds() -> None:
    """It is explained; over other costs, which were not measured, there is none."""
    mirrored = NETWORKS.assign(mirror_accuracy=[0.65, np.nan])
    for column, expected in (("macs", [[2000, 65]]), ("seconds", [])):
        _, axes = plt.subplots()
        accuracy.against(column, "cost")(axes, mirrored.assign(seconds=mirrored["macs"]), LOOKS)
        hollow = [line for line in axes.lines if line.get_markerfacecolor() == "none"]
        assert [line.get_xydata()[0].tolist() for line in hollow] == [pytest.approx(place) for place in expected]
        legend = axes.get_legend()
        said = [text.get_text() for text in legend.get_texts()] if legend else []
        assert said == ["mean over image and mirror image"] * len(expected)
    plt.close("all")


@pytest.mark.parametrize(("largest", "most"), [(1.5, 8), (20, 8), (5000, 8)])
def test_the_ticks_of_a_cost_do_not_crowd(largest: float, most: int) -> None:
    """Near each other, some powers of ten apart, or many: there are two at least, and not too many to be read."""
    _, axes = plt.subplots()
    accuracy.against("macs", "multiply-adds")(axes, NETWORKS.assign(macs=[1000 * largest, 1000]), LOOKS)
    low, high = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert 2 <= len(ticks) <= most
    plt.close("all")
