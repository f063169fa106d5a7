"""A row for each arm and for each of its epochs: what was measured, and on what."""

import math
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from dscnn.core import files, paths
from dscnn.core.paths import Arm
from dscnn.experiment.params import Params
from dscnn.reporting.tables.measures import MEASURES, Measure
from dscnn.reporting.tables.networks import NET
from dscnn.reporting.tables.readable import readable

ENVIRONMENT = [
    "device",
    "processor",
    "threads",
    "precision",
    "data_format",
    "platform",
    "python",
    "tensorflow",
    "keras",
]
CLOCK = ["validation_seconds", "start_seconds", "starts", "other_processors", "measured"]
DEPLOYED = [
    *Arm._fields, "format", "bytes", "accuracy", "agreement", "lite_latency_ms", "lite_latency_ms_low",
    "lite_latency_ms_high", "lite_share", "lite_share_low", "lite_share_high", "other_processors",
    "stolen_processors",
]  # fmt: skip


def hardware(environment: Mapping[str, Any]) -> str:
    """Return what computed, of what stage machine noted: the GPU, or the processor where there was none."""
    return str(environment["processor"] if environment["device"] == "cpu" else environment["device"])


def arms(settings: Params) -> list[Arm]:
    """Return every arm of the experiment, in the order of params.yaml; files of removed arms do not count."""
    axes = (settings.datasets, settings.widths, settings.architectures, settings.seeds)
    return [Arm(*map(str, point)) for point in product(*axes)]


def arm_row(arm: Arm) -> dict[str, Any]:
    """Return what was measured for one arm: all measures that have a value a seed, and the conditions."""
    read = (paths.metrics("evaluate", *arm), arm.timing, arm.result)
    with readable(*read):
        score, timing, result = map(files.read_json, read)
        found = {"evaluate": score, "train": timing}
        return {
            **arm._asdict(),
            **{measure.name: _value(measure, found[measure.stage]) for measure in MEASURES if measure.by_seed},
            "test_images": int(score["n"]),
            "train_images": int(result["train_images"]),
            **{name: timing[name] for name in CLOCK},
            **{name: result["environment"][name] for name in ENVIRONMENT},
        }


def _value(measure: Measure, found: Mapping[str, Any]) -> float:
    """Return what a stage's file has of `measure`; not a number, where that may be null and is."""
    value = found[measure.name]
    return math.nan if measure.optional and value is None else float(value)


def epoch_table(experiment: list[Arm], timed: Iterable[bool]) -> pd.DataFrame:
    """Return the histories of all arms, a row an epoch; `seconds`: of training up to its end, of those `timed`."""
    tables = []
    for arm, counts in zip(experiment, timed, strict=True):
        with readable(arm.history, arm.timing):
            table = pd.read_csv(arm.history).astype({"epoch": int, "val_loss": float, "val_accuracy": float})
            seconds = np.cumsum(files.read_json(arm.timing)["epoch_seconds"]).round(3)
            table["seconds"] = seconds if counts else np.full(len(seconds), np.nan)
        for position, (name, value) in enumerate(arm._asdict().items()):
            table.insert(position, name, value)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def deployed_table(conversions: Mapping[Arm, dict[str, Any]], lite: pd.DataFrame) -> pd.DataFrame:
    """Return a row a format of each network; `conversions` are the records of stage deploy.

    Its times are those of `lite` (`dscnn.reporting.tables.one_image.lite_table`), and empty where there are none.
    """
    rows = [
        {**arm._asdict(), "format": form, **own}
        for arm, record in conversions.items()
        for form, own in record["formats"].items()
    ]
    made = pd.DataFrame(rows, columns=[*Arm._fields, "format", "bytes", "accuracy", "agreement"])
    return made.merge(lite, on=[*NET, "format"], how="left", validate="many_to_one")[DEPLOYED]
