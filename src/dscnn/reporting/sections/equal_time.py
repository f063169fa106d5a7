"""The report's section on validation accuracy at equal training time."""

import math

import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.sections.wording import interval, probability, surprising, verdict
from dscnn.reporting.text import Row

BEHIND = 0.1  # accuracy; a validation accuracy that is lower than training's by more is explained


def section(equal_time: pd.DataFrame, epochs: pd.DataFrame, margin: float, schedule: str) -> list[str]:
    """Return the paragraphs of one data set and width; none for a single architecture.

    `epochs` are the curves, `margin` is in points of accuracy, `schedule` that of the learning rate
    (`recipe.schedule`).
    """
    others = equal_time[equal_time["architecture"] != equal_time["base"]]
    if others.empty:
        return []
    whole = others[others["at"] == others["at"].max()]
    return [
        "\n".join(f"- {sentence(row, margin)}" for row in text.records(whole)),
        table(equal_time),
        "Accuracies are those on the validation split, so they flatter settings that were chosen by them. A run counts"
        " with the last epoch that it had finished by that time. The times are a quarter, a half and the whole of the"
        f" time in which all runs of the quickest architecture end. {ends(epochs)} Intervals are 95%, for the mean of"
        " further training runs on the same images; *p* is of no difference between these means (Welch's t test),"
        " corrected for the comparisons of a time (Holm).",
        *outside(equal_time),
        *behind(epochs),
        *unfinished(equal_time),
        *cut_short(schedule),
    ]


def sentence(row: Row, margin: float) -> str:
    """Return what can be said of one architecture at one time."""
    place = f"After {text.digits(row['at'])} s of training, on the validation images,"
    if math.isnan(row["difference"]):
        both = f"{row['architecture']} and {row['base']}"
        return f"{place} {both} cannot be compared: no run of one of them had finished an epoch."
    if math.isnan(row["low"]):
        value = f"{100 * row['difference']:+.2f} points"
        return f"{place} {row['architecture']} differs from {row['base']} by {value}; nothing is known of chance."
    said = verdict(row["architecture"], row["base"], row, margin)
    return f"{place} {said}: {interval(row)} points.{surprising(row, margin)}"


def table(equal_time: pd.DataFrame) -> str:
    """Return a row for each time and architecture: its accuracy, and the difference to the first one's."""
    lines = [
        [f"{text.digits(row['at'])} s", row["architecture"], _accuracy(row), *_difference(row)]
        for row in text.records(equal_time)
    ]
    base = equal_time["base"].iloc[0]
    return text.table(["after", "architecture", "validation accuracy", f"points from {base}", "p"], lines)


def ends(epochs: pd.DataFrame) -> str:
    """Return when the runs of each architecture end; those without seconds do not count."""
    last = epochs.groupby(["architecture", "seed"], sort=False)["seconds"].max()
    said = text.listed(
        f"{name} after {' to '.join(dict.fromkeys(map(text.digits, (own.min(), own.max()))))} s"
        for name, own in last.groupby("architecture", sort=False)
    )
    return f"Runs end: {said}; at the last of these times the slower ones are still in training."


def outside(equal_time: pd.DataFrame) -> list[str]:
    """Return what is said where an interval of a mean reaches beyond what an accuracy can be."""
    low, high = equal_time["accuracy_mean_low"].min(), equal_time["accuracy_mean_high"].max()
    if not (low < 0 or high > 1):
        return []
    return [
        "An interval that ends below 0 or above 1, where no accuracy is, comes of few runs that differ much: there the"
        " mean is hardly known."
    ]


def behind(epochs: pd.DataFrame) -> list[str]:
    """Return what is said where validation accuracies of the first epoch are far below those of training."""
    first = epochs[epochs["epoch"] == 1].groupby("architecture", sort=False)[["accuracy", "val_accuracy"]].mean()
    low = first[first["val_accuracy"] < first["accuracy"] - BEHIND]
    if low.empty:
        return []
    each = text.listed(
        f"{name} {row['val_accuracy']:.2f} after {row['accuracy']:.2f} in training" for name, row in low.iterrows()
    )
    return [
        f"In the first epoch the validation accuracy is far below that of training: {each}. This is not slow learning:"
        " validation takes the moving averages of batch norm, which lag behind weights that change fast; training takes"
        " each batch's own."
    ]


def unfinished(equal_time: pd.DataFrame) -> list[str]:
    """Return what is said where a run had no epoch by then."""
    if (equal_time["finished"] == equal_time["seeds"]).all():
        return []
    return [
        "Where a cell says *n of m runs*, only those had finished an epoch: its mean is of the quickest runs alone, and"
        " the others have no accuracy at that time."
    ]


def cut_short(schedule: str) -> list[str]:
    """Return what a falling learning rate means for the accuracy before a run's end."""
    if schedule == "constant":
        return []
    return [
        f"The learning rate falls until a run ends (`recipe.schedule: {schedule}`). An accuracy before that end is of a"
        " schedule cut short, so a run planned for that time could be better. For slower architectures this is so even"
        " at the last of these times."
    ]


def _accuracy(row: Row) -> str:
    counted = "" if row["finished"] == row["seeds"] else f", {row['finished']} of {row['seeds']} runs"
    if not row["finished"]:
        return f"no epoch yet{counted}"
    low, high = (row[f"accuracy_mean_{end}"] for end in ("low", "high"))
    said = f" ({low:.4f} to {high:.4f})"
    if math.isnan(low):
        said = " (runs equal)" if row["finished"] > 1 else ""
    return f"{row['val_accuracy']:.4f}{said}{counted}"


def _difference(row: Row) -> list[str]:
    if row["architecture"] == row["base"]:
        return ["", ""]
    return ["unknown", ""] if math.isnan(row["low"]) else [interval(row), probability(row["p"])]
