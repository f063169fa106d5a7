"""A row for each arm and for each of its epochs: what was measured, and on what."""

import math
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from dscnn.core import files
from dscnn.core.paths import Arm, metrics
from dscnn.experiment.params import Params
from dscnn.reporting.tables.measures import MEASURES
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
    with readable(arm.score):
        score = files.read_json(arm.score)
        scores, images = _values(score, "evaluate"), {"test_images": int(score["n"])}
    with readable(arm.timing):
        timing = files.read_json(arm.timing)
        speeds, clock = _values(timing, "train"), {name: timing[name] for name in CLOCK}
    with readable(arm.result):
        result = files.read_json(arm.result)
        images["train_images"] = int(result["train_images"])
        environment = {name: result["environment"][name] for name in ENVIRONMENT}
    return {**arm._asdict(), **scores, **speeds, **images, **clock, **environment}


def _values(found: Mapping[str, Any], stage: str) -> dict[str, float]:
    """Return what the file of `stage` has of its measures; not a number, where one may be null and is."""
    own = [measure for measure in MEASURES if measure.by_seed and measure.stage == stage]
    return {
        each.name: math.nan if each.optional and found[each.name] is None else float(found[each.name]) for each in own
    }


def epoch_table(experiment: list[Arm], timed: Iterable[bool]) -> pd.DataFrame:
    """Return the histories of all arms, a row an epoch; `seconds`: of training up to its end, of those `timed`."""
    tables = []
    for arm, counts in zip(experiment, timed, strict=True):
        with readable(arm.history):
            table = pd.read_csv(arm.history).astype({"epoch": int, "val_loss": float, "val_accuracy": float})
        with readable(arm.timing):
            seconds = np.cumsum(files.read_json(arm.timing)["epoch_seconds"]).round(3)
        with readable(arm.history, arm.timing):  # of as many epochs
            table["seconds"] = seconds if counts else np.full(len(seconds), np.nan)
        for position, (name, value) in enumerate(arm._asdict().items()):
            table.insert(position, name, value)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def deployed_table(conversions: Mapping[Arm, dict[str, Any]], lite: pd.DataFrame) -> pd.DataFrame:
    """Return a row a format of each network; `conversions` are the records of stage deploy.

    Its times are those of `lite` (`dscnn.reporting.tables.one_image.lite_table`), and empty where there are none.
    """
    rows = []
    for arm, record in conversions.items():
        with readable(metrics("deploy", *arm)):
            for form, own in record["formats"].items():
                size = {"format": form, "bytes": int(own["bytes"])}
                rows.append(arm._asdict() | size | {name: float(own[name]) for name in ("accuracy", "agreement")})
    made = pd.DataFrame(rows, columns=[*Arm._fields, "format", "bytes", "accuracy", "agreement"])
    return made.merge(lite, on=[*NET, "format"], how="left", validate="many_to_one")[DEPLOYED]
