"""What the report opens with: is another architecture worth it here, from the tables alone.

A sentence for each architecture, then how strong the evidence is. The times of a training step and of one image differ
where the interval of their ratio leaves out 1; parameters are counted. What cannot be told apart is neither gain nor
loss. One image is by TensorFlow Lite where that was timed (`dscnn.reporting.tables.one_image`).
"""

import math
from typing import NamedTuple

import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.sections.wording import points, probability, reaches_past
from dscnn.reporting.tables.differences import IMAGES
from dscnn.reporting.text import Row


class Ratio(NamedTuple):
    """The time of one image, as a ratio to that of the first architecture, and by what it was measured."""

    by: str
    value: float
    low: float
    high: float


def sentences(
    networks: pd.DataFrame,
    relative: pd.DataFrame,
    differences: pd.DataFrame,
    margin: float,
    conditions: str,
    training: str,
) -> list[str]:
    """Return the verdict on one data set and width; none for a single architecture.

    `margin` is in points of accuracy; `conditions` say where the times of steps are from, `training` what a run is.
    """
    base, *others = text.records(networks)
    first = base["architecture"]
    against = differences[(differences["population"] == IMAGES) & (differences["base"] == first)]
    accuracies = {row["architecture"]: row for row in text.records(against)}
    steps = {row["architecture"]: row for row in text.records(relative[relative["measure"] == "time measured"])}
    if not others:
        return []
    said = []
    for row in others:
        name = row["architecture"]
        step, image = steps[name], one_image(row)
        said.append(
            f"- **{name} instead of {first}: {worth(accuracies[name], *changes(row, base, step, image))}.**"
            f" {costs(row, base, step, image)}; {accuracy(accuracies[name], margin)}."
        )
    apart = any(outside(run_ratio(row, base), steps[row["architecture"]]) for row in others)
    return [*said, f"- {evidence(networks, apart, conditions, training)}"]


def changes(row: Row, base: Row, step: Row, image: Ratio) -> tuple[list[str], list[str]]:
    """Return what surely costs less than with the first architecture, and what costs more, in words."""
    size = row["parameters"] / base["parameters"]
    ratios = {
        ("quicker to train", "slower to train"): (step["low"], step["high"]),
        ("quicker for one image", "slower for one image"): (image.low, image.high),
        ("smaller", "larger"): (size, size),
    }
    less = [cheaper for (cheaper, _), (_, high) in ratios.items() if high < 1]
    return less, [dearer for (_, dearer), (low, _) in ratios.items() if low > 1]


def worth(difference: Row, less: list[str], more: list[str]) -> str:
    """Return the answer in a few words, from the difference in accuracy and what costs less or more."""
    counts = difference["verdict"] if not difference["within_margin"] else "alike"
    if math.isnan(difference["low"]) or counts == "unknown":
        if not less:
            return "no gain could be shown"
        dearer = f", but {text.listed(more)}" if more else ""
        return f"{text.listed(less)}{dearer}; what it does to accuracy cannot be told"
    gains = [*less, "more accurate"] if counts == "more" else less
    losses = [*more, "less accurate"] if counts == "less" else more
    if gains and losses:
        return f"a trade: {text.listed(gains)}, but {text.listed(losses)}"
    return "worth it" if gains else "not worth it"


def costs(row: Row, base: Row, step: Row, image: Ratio) -> str:
    """Return how long training and an image take, and how large the network is, as ratios to the first's."""
    trained = f"{text.times(step['share'])} the time{_interval(step['low'], step['high'])}"
    runs = "" if math.isnan(run_ratio(row, base)) else f", a whole training {text.times(run_ratio(row, base))}"
    inference = f"{text.times(image.value)}{_interval(image.low, image.high)}"
    size = text.times(row["parameters"] / base["parameters"])
    return (
        f"A training step takes {trained}{runs}, inference of one image by {image.by} {inference}, and it has {size}"
        " the parameters"
    )


def run_ratio(row: Row, base: Row) -> float:
    """Return the ratio of the medians of whole train times; not a number where they do not compare."""
    return float(row["train_seconds"] / base["train_seconds"])


def outside(ratio: float, step: Row) -> bool:
    """Return whether the ratio of whole train times lies outside the interval of that of the steps."""
    return bool(ratio < step["low"] or ratio > step["high"])


def one_image(row: Row) -> Ratio:
    """Return the time of one image as a ratio to the first architecture's: the median of those of each round."""
    return Ratio(row["image_by"], row["image_share"], row["image_share_low"], row["image_share_high"])


def _interval(low: float, high: float) -> str:
    untold = ", which is no difference that can be told" if low <= 1 <= high else ""
    return f" ({text.times(low)} to {text.times(high)}{untold})"


def accuracy(row: Row, margin: float) -> str:
    """Return what is known of the accuracy on new images."""
    if math.isnan(row["low"]):
        return "it has each test image right or wrong as the other has"
    size, ends = f"{100 * abs(row['difference']):.2f}", sorted((100 * row["low"], 100 * row["high"]))
    both = f"{ends[0]:+.2f} to {ends[1]:+.2f} points"
    pairs = f"; corrected for the number of pairs (Holm), p is {probability(row['p'])}"
    corrected = "" if row["low"] <= 0 <= row["high"] else pairs
    tests = " by tests that leave 5% on each side" if reaches_past(row, margin) else ""
    within = f", and by less than {points(margin)}{tests}" if row["within_margin"] else ""
    return {
        "more": f"it is {size} points more accurate on new images ({both}{within})",
        "less": f"it is {size} points less accurate on new images ({both}{within})",
        "alike": f"it is as accurate on new images, within {points(margin)}{tests} ({both})",
        "unknown": f"no difference in accuracy could be shown ({both} on new images{corrected})",
    }[row["verdict"]]


def evidence(networks: pd.DataFrame, apart: bool, conditions: str, training: str) -> str:
    """Return how strong the evidence is: seeds, what the intervals are over, and where times are from.

    `apart`: a ratio of whole train times lies outside the interval of the steps'.
    """
    seeds = text.span(set(networks["seeds"]))
    runs = f"{text.counted(seeds, 'training run')} of each, {training}"
    alone, chance = "; one says nothing about the next", "test images alone"
    if seeds != "1":
        alone, chance = "", "training runs and test images"
    whole = (
        " Whole trainings were timed at other moments than single steps, so their ratio may lie outside the step's"
        " interval, as here."
        if apart
        else ""
    )
    return (
        f"The evidence: {runs}{alone}. Intervals are 95%: those of accuracy are over {chance}, those of times over the"
        f" rounds of one process. Steps are {conditions}.{whole}"
    )
