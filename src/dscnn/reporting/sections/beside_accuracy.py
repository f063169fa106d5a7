"""The accuracies of this experiment beside published ones: the verdicts of stage compare decide what holds."""

import math
from collections.abc import Mapping

import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.sections.matching import Pair, pairs
from dscnn.reporting.sections.wording import interval, surprising, verdict
from dscnn.reporting.tables.differences import IMAGES
from dscnn.reporting.text import Row

ACCURACIES = {"accuracy": "last epoch", "accuracy_last_ten": "mean of the last ten", "accuracy_best": "best epoch"}


def accuracies(reference: Row, same: Mapping[str, str], networks: pd.DataFrame) -> list[str]:
    """Return the published accuracies beside those of the networks of one data set and width."""
    rows = []
    for row in text.records(networks):
        if row["architecture"] in same:
            name = same[row["architecture"]]
            published = reference["architectures"][name]["published"]
            ends = [row[f"accuracy_mean_{end}"] for end in ("low", "high")]
            known = not any(map(math.isnan, ends))
            rows.append(
                [
                    row["architecture"],
                    name,
                    *(f"{published[each]:.4f}" for each in ACCURACIES),
                    f"{row['accuracy']:.4f}",
                    " to ".join(f"{end:.4f}" for end in ends) if known else "unknown",
                ]
            )
    header = ["test accuracy", "published as", *ACCURACIES.values(), "here, mean", "95% interval of the mean"]
    words = "*Last epoch*, *last ten* and *best epoch* are the published accuracies."
    if reference["conditions"]["validation"] == "test":
        words += " The best epoch was chosen on the test images."
    return [text.table(header, rows), words]


def accuracy_words(reference: Row, same: Mapping[str, str], differences: pd.DataFrame, margin: float) -> list[str]:
    """Return what holds of the published differences of accuracy on new images, and of their order."""
    new = differences[differences["population"] == IMAGES]
    said: list[str] = []
    contrary, unshown = [], []
    for pair, row in pairs(reference, same, new):
        gap = pair.published["accuracy"] - pair.base_published["accuracy"]
        found = _compared(row["verdict"], gap)
        contrary += [f"{pair.name} and {pair.base}"] if found == "contrary" else []
        unshown += [f"{pair.name} and {pair.base}"] if found == "unshown" else []
        said.append(f"- {_gap(pair, row, gap, margin)}")
    if not said:
        return []
    if contrary:
        order = f"The order of accuracies is not the published one: it differs for {text.listed(contrary)}."
    elif unshown:
        order = (
            "Nothing here contradicts the published order of accuracies, but this experiment does not show it for"
            f" {text.listed(unshown)}."
        )
    else:
        order = "The order of accuracies is the published one."
    return [f"{order} By pairs, at the last epoch published and on new images here:", "\n".join(said)]


def _compared(said: str, gap: float) -> str:
    """Return whether a verdict shows the sign of a published difference, contradicts it, or neither."""
    if said in ("more", "less"):
        sign = 1 if said == "more" else -1
        return "shown" if sign * gap > 0 else "contrary"
    return "shown" if said == "alike" and gap == 0 else "unshown"


def _gap(pair: Pair, row: Row, gap: float, margin: float) -> str:
    published = f"Published: {100 * gap:+.2f} points"
    if math.isnan(row["low"]):
        return f"{pair.name} and {pair.base} have each test image right or wrong alike here. {published}."
    place = "inside" if row["low"] <= gap <= row["high"] else "outside"
    single = [name for name, seeds in ((pair.name, row["seeds"]), (pair.base, row["base_seeds"])) if seeds == 1]
    of = "these two trained networks" if len(single) == 2 else f"the one trained {single[0]}" if single else ""
    trained = f" (one seed, so of {of})" if single else ""
    said = f"{verdict(pair.name, pair.base, row, margin)} here: {interval(row)} points{trained}."
    return f"{said}{surprising(row, margin)} {published}, {place} this interval."
