"""What the report opens with: is another architecture worth it here, in a sentence for each, from the tables alone."""

import math

import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.sections.accuracy import interval, points
from dscnn.reporting.tables.differences import IMAGES
from dscnn.reporting.text import Row


def sentences(networks: pd.DataFrame, relative: pd.DataFrame, differences: pd.DataFrame, margin: float) -> list[str]:
    """Return a sentence for each architecture of one data set and width against the first; none for a single one.

    `margin` is in points of accuracy.
    """
    base, *others = text.records(networks)
    first = base["architecture"]
    against = differences[(differences["population"] == IMAGES) & (differences["base"] == first)]
    accuracies = {row["architecture"]: row for row in text.records(against)}
    steps = relative[relative["measure"] == "time measured"]
    times = {row["architecture"]: row for row in text.records(steps)}
    return [
        f"- **{row['architecture']} instead of {first}**: {accuracy(accuracies[row['architecture']], margin)}."
        f" {cost(row, base, times[row['architecture']])}."
        for row in others
    ]


def accuracy(row: Row, margin: float) -> str:
    """Return what is known of the accuracy on new images, and from how many seeds."""
    if math.isnan(row["low"]):
        return "each test image is right or wrong alike"
    seeds = f"{row['seeds']} seed" + ("" if row["seeds"] == 1 else "s")
    said = {
        "more": "more accurate",
        "less": "less accurate",
        "alike": f"as accurate within {points(margin)}",
        "unknown": "no difference in accuracy could be shown",
    }[row["verdict"]]
    return f"{said}, {interval(row)} points on new images from {seeds}"


def cost(row: Row, base: Row, step: Row) -> str:
    """Return how long a training step and an image take, and how large the network is, as ratios to the first."""
    if step["low"] <= 1 <= step["high"]:
        said = "A training step takes as long, as far as can be told"
    else:
        said = f"A training step takes {'less' if step['share'] < 1 else 'more'} time"
    ratios = {name: text.times(row[name] / base[name]) for name in ("latency_ms", "parameters", "macs")}
    share, low, high = (text.times(step[name]) for name in ("share", "low", "high"))
    return (
        f"{said}: {share} ({low} to {high}). One image takes"
        f" {ratios['latency_ms']}, at {ratios['parameters']} the parameters and {ratios['macs']} the multiply-adds"
    )
