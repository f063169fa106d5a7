import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import frames
from dscnn.reporting.sections import mirrored
from dscnn.reporting.tables import networks

WITH = np.array([0.55, 0.75, 0.46, 0.32, 0.51, 0.43])
ARMS = frames.ARMS.assign(mirror_accuracy=WITH)
NETWORKS = networks.network_table(ARMS, frames.COSTS, frames.STEPS)


def test_each_network_has_its_gain_over_the_seeds_and_twice_the_cost() -> None:
    """The gain is that of the same trained networks, seed by seed; its interval is SciPy's, of Student's t."""
    table, words = mirrored.section(NETWORKS, ARMS)
    ends = stats.ttest_1samp([5, 0, 6], 0).confidence_interval(0.95)
    assert table.splitlines()[2:] == [
        f"| Regular | 0.5867 | +3.67 ({ends.low:+.2f} to {ends.high:+.2f}) | 128,000 |",
        "| Separable | 0.4200 | +2.00 (-0.48 to +4.48) | 16,000 |",
    ]
    assert "twice as much" in words


def test_one_seed_has_no_interval() -> None:
    """There is nothing to tell chance by."""
    one = ARMS[ARMS["seed"] == "1"]
    table, _ = mirrored.section(networks.network_table(one, frames.COSTS, frames.STEPS), one)
    assert table.splitlines()[2] == "| Regular | 0.5500 | +5.00 | 128,000 |"


@pytest.mark.parametrize("width", ["0.5", "1.0"])
def test_several_widths_are_told_apart(width: str) -> None:
    """Each network has the gain of its own runs."""
    other = ARMS.assign(width="1.0", mirror_accuracy=ARMS["accuracy"])
    both = [
        networks.network_table(own, *(each.assign(width=own["width"].iloc[0]) for each in (frames.COSTS, frames.STEPS)))
        for own in (ARMS, other)
    ]
    arms = pd.concat([ARMS, other])
    table, _ = mirrored.section(pd.concat(both), arms)
    (row,) = (line for line in table.splitlines() if line.startswith(f"| Regular x{width} "))
    assert ("+3.67" in row) == (width == "0.5")


def test_nothing_is_said_of_what_was_not_measured() -> None:
    """As in an experiment without flips."""
    arms = ARMS.assign(mirror_accuracy=math.nan)
    assert mirrored.section(networks.network_table(arms, frames.COSTS, frames.STEPS), arms) == []
