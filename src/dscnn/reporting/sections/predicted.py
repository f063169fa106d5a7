"""The report's part on the installed kernels: what was predicted from other sizes, and what they took."""

import math

import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.tables.predicted import FIGURES, NO_LAYERS, layer_errors, step_errors


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
        " accident of one layer. plots/predicted.csv has every layer.",
    ]


def by_operation(predicted: pd.DataFrame) -> str:
    """Return roofline, predicted and measured for a training step of each architecture, by operation."""
    training = predicted[predicted["direction"] == "training"]
    sums = training.groupby(["operation", "architecture"], sort=False)[[*FIGURES]]
    cells = sums.sum(min_count=1).to_dict("index")
    unknown = set(training[training["predicted_seconds"].isna()].groupby(["operation", "architecture"]).groups)
    names = list(training["architecture"].unique())
    order = [name for name in training["operation"].unique() if name not in NO_LAYERS]

    def cell(operation: str, name: str) -> str:
        row = cells.get((operation, name))
        if row is None:
            return ""
        bound, value, taken = (row[each] for each in FIGURES)
        value = math.nan if (operation, name) in unknown else value
        return " / ".join("-" if math.isnan(each) else f"{1e3 * each:.2f}" for each in (bound, value, taken))

    return text.table(
        ["ms a training step: roofline / predicted / measured", *names],
        [[operation, *(cell(operation, name) for name in names)] for operation in (*order, *NO_LAYERS)],
    )


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
