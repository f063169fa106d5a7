"""The report's part on the installed kernels: what was predicted from other sizes, and what they took."""

import math

import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.tables.predicted import AFTER_LAYERS, FIGURES, STEP, layer_errors, step_errors

FAR = 1.5  # times too long or too short; the operation that is farthest off is named beyond it


def section(predicted: pd.DataFrame) -> list[str]:
    """Return the paragraphs of one data set and width; none if nothing was probed (`probes.sizes: 0`)."""
    if predicted.empty:
        return []
    return [
        f"{steps(predicted)} {layers(predicted)}",
        "These times are predicted from networks of other sizes: other image sides, filters and units, the same kinds"
        " of convolution (stage `probes`). Each layer gets the share of the roofline that layers of its kind reach near"
        " its size; a whole step is the sum of its parts. No time of the networks above went into it.",
        by_operation(predicted),
        "A prediction near the measured time says that the time is what these kernels take at such sizes, and no"
        f" accident of one layer.{farthest(predicted)} plots/predicted.csv has every layer.",
    ]


def by_operation(predicted: pd.DataFrame) -> str:
    """Return roofline, predicted and measured for a training step of each architecture, by operation."""
    sums = _sums(predicted)
    cells = {(row["operation"], row["architecture"]): row for row in text.records(sums)}
    names = list(sums["architecture"].unique())
    order = [name for name in sums["operation"].unique() if name not in AFTER_LAYERS]

    def cell(operation: str, name: str) -> str:
        row = cells.get((operation, name))
        if row is None:
            return ""
        return " / ".join("-" if math.isnan(row[each]) else f"{1e3 * row[each]:.2f}" for each in FIGURES)

    return text.table(
        ["ms a training step: roofline / predicted / measured", *names],
        [[operation, *(cell(operation, name) for name in names)] for operation in (*order, *AFTER_LAYERS)],
    )


def farthest(predicted: pd.DataFrame) -> str:
    """Return the operation whose prediction is farthest off, if it is beyond `FAR`; the whole step is none."""
    sums = _sums(predicted)
    ratio = sums["predicted_seconds"] / sums["seconds"]
    parts = sums.assign(ratio=ratio, off=ratio.where(ratio > 1, 1 / ratio))
    far = parts[(parts["operation"] != STEP) & (parts["seconds"] > 0) & (parts["off"] > FAR)]
    if far.empty:
        return ""
    (worst,) = text.records(far.nlargest(1, "off"))
    which = f"{worst['operation']} in {worst['architecture']}"
    return f" Farthest off: {which}, predicted at {text.times(worst['ratio'])} the time measured."


def _sums(predicted: pd.DataFrame) -> pd.DataFrame:
    """Return a row an operation and architecture in training; a sum with an unknown part is unknown."""
    training = predicted[predicted["direction"] == "training"]
    sums = training.groupby(["operation", "architecture"], sort=False)[[*FIGURES]].sum(skipna=False)
    return sums.reset_index()


def steps(predicted: pd.DataFrame) -> str:
    """Return how far the predictions of whole training steps are from what was measured."""
    errors = step_errors(predicted)
    known = {name: error for name, error in errors.items() if not math.isnan(error)}
    said = []
    if known:
        each = text.listed(f"{name} {error:+.0%}" for name, error in known.items())
        most = max(map(abs, known.values()))
        said.append(f"Whole training steps were predicted within {most:.0%} ({each}).")
    if len(known) < len(errors):
        missing = text.listed(name for name in errors if name not in known)
        said.append(f"There is no prediction for {missing}: no probe has a layer of a kind that is in it.")
    return " ".join(said)


def layers(predicted: pd.DataFrame) -> str:
    """Return how far the predictions of layers are from what was measured, in both directions."""
    errors = layer_errors(predicted)
    if not errors.timings:
        return "No layer has a prediction."
    return (
        f"Layers were predicted within {errors.median:.0%} in the median, and within {errors.high:.0%} in nine of ten"
        f" ({errors.timings} timings, training and inference)."
    )
