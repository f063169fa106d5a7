import math
from typing import Any

import pandas as pd
import pytest

from dscnn.reporting.sections import deployed

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
    about, shown, load = deployed.section(table, "Regular")
    assert load.startswith("**The machine was busy with other work meanwhile**: other processes used 0.50 processors")
    assert len(deployed.section(table[2:], "Regular")) == 2, "no time, no load"
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
    assert deployed.section(table[:0], "Regular") == []


def test_a_failed_conversion_is_pointed_out_below_the_table() -> None:
    """The warning is in bold, so that nobody takes the latency for a success."""
    *_, warning = deployed.section(pd.DataFrame([ROW, ROW | {"format": "int8", "accuracy": 0.1}]), "Regular")
    assert warning.startswith("**The int8 conversion of Regular, seed 1, failed**: its accuracy is 0.1000")


def test_a_low_agreement_is_flagged_in_the_table_and_below_it() -> None:
    """The share is in bold, and a sentence says what it means."""
    _, shown, _, warning = deployed.section(
        pd.DataFrame([ROW, ROW | {"format": "int8", "agreement": 0.9102}]), "Regular"
    )
    float32, int8 = shown.splitlines()[-2:]
    assert float32.endswith("| 99.87% |")
    assert int8.endswith("| **91.02%** |")
    assert warning.startswith("**The int8 conversion of Regular, seed 1, differs from its network**")


@pytest.mark.parametrize(("others", "busy"), [(0.04, False), (0.5, True)])
def test_what_the_host_took_is_left_out_where_the_system_does_not_tell(others: float, busy: bool) -> None:
    """What other processes used is still said."""
    rows = [ROW | {"other_processors": others, "stolen_processors": math.nan}]
    *_, load = deployed.section(pd.DataFrame(rows), "Regular")
    assert f"other processes used {others:.2f} processors, in the mean" in load
    assert load.startswith("**The machine was busy") == busy
    assert "host" not in load
