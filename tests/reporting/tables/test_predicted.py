"""The table against numbers worked out by hand from tests/timed.py and tests/probed.py.

The probes have layers of the same work, so each prediction is the time of the probe's layer.
"""

import copy

import pandas as pd
import pytest

from dscnn.reporting.tables import predicted
from frames import BENCHMARKS, KEY, OWN, PREDICTED
from probed import PROBED


def figures(architecture: str, layer: str, direction: str = "training") -> list[float]:
    rows = PREDICTED.query(f"architecture == '{architecture}' and layer == '{layer}' and direction == '{direction}'")
    return [float(value) for value in rows.iloc[0][[*predicted.FIGURES]]]


def test_a_layer_has_what_is_allowed_predicted_and_measured() -> None:
    """Both directions have a row, and none does a layer that does nothing."""
    assert figures("Regular", "block1_conv2") == pytest.approx([0.24, 0.33, 0.3])
    assert figures("Regular", "block1_conv1") == pytest.approx([0.006, 0.024, 0.012])
    assert figures("Regular", "block1_conv1", "inference") == pytest.approx([0.002, 0.008, 0.004])
    assert figures("Separable", "block1_conv2/depthwise") == pytest.approx([0.03, 0.1, 0.12])
    assert PREDICTED.query("layer == 'block1_conv2/pointwise'")["operation"].unique().tolist() == ["pointwise"]
    assert not (PREDICTED["layer"] == "flatten").any()


def test_a_step_is_the_sum_of_its_parts() -> None:
    """Separable has 1500 parameters, a quarter of the way from 1000 (20 ms) to 3000 (40 ms)."""
    assert figures("Regular", "optimizer")[1:] == pytest.approx([0.02, 0.01])
    assert figures("Separable", "optimizer")[1:] == pytest.approx([0.025, 0.01])
    assert figures("Regular", "loss")[1:] == pytest.approx([0.005, 0.005])
    assert figures("Regular", "whole step")[1:] == pytest.approx([0.024 + 0.33 + 0.05 + 0.02 + 0.005, 0.4])
    assert figures("Separable", "whole step")[1:] == pytest.approx([0.024 + 0.1 + 0.05 + 0.05 + 0.025 + 0.005, 0.25])
    assert PREDICTED.query("layer == 'whole step'")["roofline_seconds"].isna().all()


def test_the_errors_by_hand() -> None:
    """Of 10 timings 2 are exact, 2 are off by a tenth, 4 by a sixth, and 2 by as much as they are.

    The first convolution and the pooling are in both networks, and count once.
    """
    assert predicted.layer_errors(PREDICTED) == pytest.approx((10, 1 / 6, 1), rel=1e-3)
    assert predicted.step_errors(PREDICTED) == pytest.approx({"Regular": 0.0725, "Separable": 0.016})


def test_without_a_probe_of_its_kind_neither_layer_nor_step_has_a_prediction() -> None:
    """It is empty, not zero, and no error is taken of it."""
    record = copy.deepcopy(PROBED)
    record["probes"]["4 x 4 8 separable+separable"]["layers"].pop(0)
    table = predicted.table({KEY: record}, BENCHMARKS, OWN)
    missing = table[table["predicted_seconds"].isna()]
    assert missing["layer"].tolist() == ["block1_conv2/depthwise"] * 2 + ["whole step"]
    assert set(missing["architecture"]) == {"Separable"}
    assert predicted.layer_errors(table).timings == 8
    assert pd.isna(predicted.step_errors(table)["Separable"])


def test_a_step_is_predicted_where_only_inference_is_unknown() -> None:
    """The probe's depthwise layer is too short to be timed there, and a step is of training alone."""
    record = copy.deepcopy(PROBED)
    depthwise, _ = record["probes"]["4 x 4 8 separable+separable"]["layers"]
    depthwise["inference_seconds"]["median"] = 0.0
    table = predicted.table({KEY: record}, BENCHMARKS, OWN)
    missing = table[table["predicted_seconds"].isna()]
    assert missing[["layer", "direction"]].to_numpy().tolist() == [["block1_conv2/depthwise", "inference"]]
    assert predicted.step_errors(table) == predicted.step_errors(PREDICTED)


def test_a_layer_too_short_to_be_timed_counts_in_no_error() -> None:
    """Nothing is divided by its time; of nine, the middle one is off by a sixth, and so is the next to last."""
    benchmarks = copy.deepcopy(BENCHMARKS)
    for own in benchmarks[KEY]["architectures"].values():
        own["layers"][0]["inference_seconds"]["median"] = 0.0
    table = predicted.table({KEY: PROBED}, benchmarks, OWN)
    assert predicted.layer_errors(table) == pytest.approx((9, 1 / 6, 1 / 6 + 0.2 * 5 / 6), rel=2e-3)


def test_no_time_of_the_benchmark_goes_into_a_prediction() -> None:
    """All times of the benchmark doubled change no prediction."""
    benchmarks = copy.deepcopy(BENCHMARKS)
    for own in benchmarks[KEY]["architectures"].values():
        timings = [own[name] for name in ("training_step", "optimizer", "loss")]
        timings += [row[f"{direction}_seconds"] for row in own["layers"] for direction in ("training", "inference")]
        for timing in timings:
            timing["median"] *= 2
    table = predicted.table({KEY: PROBED}, benchmarks, OWN)
    assert table["predicted_seconds"].equals(PREDICTED["predicted_seconds"])
    assert not table["seconds"].equals(PREDICTED["seconds"])


def test_nothing_probed_is_an_empty_table_with_its_columns() -> None:
    """So a report reads it as any other."""
    table = predicted.table({KEY: PROBED | {"probes": {}}}, BENCHMARKS, OWN)
    assert table.empty
    assert list(table.columns) == predicted.COLUMNS
