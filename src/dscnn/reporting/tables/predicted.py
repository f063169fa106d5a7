"""What the installed kernels should take, predicted from the layers of probes, beside what they took."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from dscnn.core.files import significant
from dscnn.core.paths import metrics
from dscnn.costs import roofline
from dscnn.costs.predictor import Predictor
from dscnn.reporting.tables.costs import Names, Record
from dscnn.reporting.tables.networks import NET
from dscnn.reporting.tables.operations import operation
from dscnn.reporting.tables.present import Place
from dscnn.reporting.tables.readable import readable

STEP = "whole step"
AFTER_LAYERS = ("optimizer", "loss", STEP)  # the rows that are of no layer
FIGURES = ("roofline_seconds", "predicted_seconds", "seconds")
COLUMNS = [*NET, "layer", "operation", "direction", *FIGURES]


class Errors(NamedTuple):
    """How far predictions are from what was measured, as shares of it: |predicted / measured - 1|."""

    timings: int  # of different layers
    median: float
    high: float  # nine of ten are below


def table(probes: Mapping[Place, Record], benchmarks: Mapping[Place, Record], architectures: Names) -> pd.DataFrame:
    """Return a row for each layer and direction, and in training for what is no layer: seconds of a batch.

    `probes` are the records of stage probes, `benchmarks` those of stage benchmark. Of these nothing but the ceilings
    goes into `predicted_seconds`, which is empty where no probe has a layer of that kind, and for a step with such a
    layer. There is no row if nothing was probed.
    """
    rows = []
    for place, record in benchmarks.items():
        predictor = _predictor(place, record, probes.get(place))
        if predictor:
            with readable(metrics("benchmark", *place)):
                for architecture in architectures[place]:
                    net = dict(zip(NET, (*place, architecture), strict=True))
                    rows += [net | row for row in _rows(predictor, record["architectures"][architecture])]
    made = pd.DataFrame(rows, columns=COLUMNS)
    for name in FIGURES:
        made[name] = made[name].map(significant)
    return made


def _predictor(place: Place, benchmark: Record, probed: Record | None) -> Predictor | None:
    """Return what predicts the times of one place from `probed`, a record of stage probes; None if that has none."""
    with readable(metrics("benchmark", *place)):
        ceilings = roofline.measured(benchmark["ceilings"])
    with readable(metrics("probes", *place)):
        if not probed or not probed["probes"]:
            return None
        made = Predictor(ceilings, probed)
        made.optimizer(0)  # these two look at its values, so that a wrong one is said to be in this file
        made.loss()
        return made


def _rows(predictor: Predictor, own: Record) -> Iterator[dict[str, Any]]:
    """Yield the rows of one architecture; a whole step is predicted as the sum of its parts."""
    total = 0.0
    for row in own["layers"]:
        for direction in ("inference", "training"):
            training = direction == "training"
            bound = roofline.of_row(predictor.ceilings, row, training).seconds
            if bound:
                value, taken = predictor.layer(row, training), float(row[f"{direction}_seconds"]["median"])
                if training:
                    total += value
                named = operation(row["name"], row["layer_class"])
                yield _row(row["name"], named, direction, bound, value, taken)
    parameters = sum(row["trainable_parameters"] for row in own["layers"])
    parts = {"optimizer": predictor.optimizer(parameters), "loss": predictor.loss()}
    for part, value in (parts | {STEP: total + sum(parts.values())}).items():
        taken = float(own["training_step" if part == STEP else part]["median"])
        yield _row(part, part, "training", float("nan"), value, taken)


def _row(layer: str, named: str, direction: str, *figures: float) -> dict[str, Any]:
    return {"layer": layer, "operation": named, "direction": direction} | dict(zip(FIGURES, figures, strict=True))


def layer_errors(predicted: pd.DataFrame) -> Errors:
    """Return the errors of the layers that took long enough to be measured and have a prediction.

    A layer that several networks share was timed once, and counts once.
    """
    layers = predicted[~predicted["operation"].isin(AFTER_LAYERS)]
    rows = layers[(layers["seconds"] > 0) & layers["predicted_seconds"].notna()]
    rows = rows.drop_duplicates(["layer", "direction", "predicted_seconds", "seconds"])
    each = (rows["predicted_seconds"] / rows["seconds"] - 1).abs()
    return Errors(len(rows), float(each.median()), float(each.quantile(0.9)))


def step_errors(predicted: pd.DataFrame) -> dict[str, float]:
    """Return predicted / measured - 1 of each architecture's whole step; not a number where there is no prediction."""
    rows = predicted[predicted["operation"] == STEP].set_index("architecture")
    return {str(name): float(value) for name, value in (rows["predicted_seconds"] / rows["seconds"] - 1).items()}
