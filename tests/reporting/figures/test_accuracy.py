import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dscnn.reporting.figures import accuracy

ARMS = pd.DataFrame(
    {"architecture": ["A"] * 3 + ["B"] * 3, "seed": [1, 2, 3] * 2, "accuracy": [0.5, 0.6, 0.7, 0.8, 0.8, 0.9]}
)
NETWORKS = pd.DataFrame(
    {
        "architecture": ["A", "B"], "macs": [1000, 100], "accuracy": [0.6, 0.8],
        "accuracy_mean_low": [0.5, np.nan], "accuracy_mean_high": [0.7, np.nan],
    }
)  # fmt: skip


def test_every_seed_is_a_point_left_of_its_mean() -> None:
    """In percent; the mean has SciPy's interval of Student's t."""
    _, axes = plt.subplots()
    accuracy.seeds(axes, ARMS)
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
    accuracy.seeds(axes, ARMS[ARMS["seed"] == 1])
    assert [container.has_yerr for container in axes.containers] == [False, False]
    plt.close("all")


def test_a_network_stands_at_its_cost_with_its_name() -> None:
    """On a logarithmic axis; one without an interval has none."""
    _, axes = plt.subplots()
    accuracy.against("macs", "multiply-adds")(axes, NETWORKS)
    assert axes.get_xscale() == "log"
    assert axes.get_xlabel() == "multiply-adds"
    assert [text.get_text() for text in axes.texts] == ["A", "B"]
    points = [container.lines[0].get_xydata()[0].tolist() for container in axes.containers]
    assert points == [[1000, pytest.approx(60)], [100, pytest.approx(80)]]
    assert [container.has_yerr for container in axes.containers] == [True, False]
    plt.close("all")
