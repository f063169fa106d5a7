"""What the report opens with: is another architecture worth it here, from the tables alone.

A sentence for each architecture, then how strong the evidence is. The times of a training step and of one image differ
where the interval of their ratio leaves out 1; parameters are counted. What cannot be told apart is neither gain nor
loss. One image is by TensorFlow Lite where that was timed: by Keras, a small network's is mostly the cost of the call.
"""

import math
from typing import NamedTuple

import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.sections.accuracy import points, probability, reaches_past
from dscnn.reporting.tables.differences import IMAGES
from dscnn.reporting.text import Row

LITE = "TensorFlow Lite in float32"


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
    deployed: pd.DataFrame,
    margin: float,
    conditions: str,
    training: str,
) -> list[str]:
    """Return the verdict on one data set and width; none for a single architecture.

    `margin` is in points of accuracy; `conditions` say where the times are from, `training` what a run is.
    """
    base, *others = text.records(networks)
    first = base["architecture"]
    against = differences[(differences["population"] == IMAGES) & (differences["base"] == first)]
    accuracies = {row["architecture"]: row for row in text.records(against)}
    steps = {row["architecture"]: row for row in text.records(relative[relative["measure"] == "time measured"])}
    if not others:
        return []
    said, tools = [], set()
    for row in others:
        name = row["architecture"]
        step, image = steps[name], one_image(row, lite(deployed, first, name))
        tools.add(image.by)
        said.append(
            f"- **{name} instead of {first}: {worth(accuracies[name], *changes(row, base, step, image))}.**"
            f" {costs(row, base, step, image)}; {accuracy(accuracies[name], margin)}."
        )
    return [*said, f"- {evidence(networks, LITE in tools, conditions, training)}"]


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
    gains = [*less, *["more accurate"] * (counts == "more")]
    losses = [*more, *["less accurate"] * (counts == "less")]
    if gains and losses:
        return f"a trade: {text.listed(gains)}, but {text.listed(losses)}"
    return "worth it" if gains else "not worth it"


def costs(row: Row, base: Row, step: Row, image: Ratio) -> str:
    """Return how long training and an image take, and how large the network is, as ratios to the first's."""
    trained = f"{text.times(step['share'])} the time{_interval(step['low'], step['high'])}"
    answered = f"{text.times(image.value)}{_interval(image.low, image.high)}"
    size = text.times(row["parameters"] / base["parameters"])
    return (
        f"A training step takes {trained}, inference of one image by {image.by} {answered}, and it has {size} the"
        " parameters"
    )


def one_image(row: Row, converted: Ratio | None) -> Ratio:
    """Return the ratio of the times for one image: `converted`, or that by Keras where nothing was converted."""
    return converted or Ratio("Keras", row["latency_share"], row["latency_share_low"], row["latency_share_high"])


def lite(deployed: pd.DataFrame, first: str, name: str) -> Ratio | None:
    """Return the time of one image of `name` by that of `first`, both by TensorFlow Lite in float32.

    They were timed one after the other, so the ratio lies between those of the extremes of their rounds.
    """
    whole = {row["architecture"]: row for row in text.records(deployed[deployed["format"] == "float32"])}
    if not {name, first} <= whole.keys():
        return None
    own, other = whole[name], whole[first]
    ends = ("", ""), ("_min", "_max"), ("_max", "_min")
    ratios = [float(own[f"lite_latency_ms{one}"] / other[f"lite_latency_ms{two}"]) for one, two in ends]
    return Ratio(LITE, *ratios)


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


def evidence(networks: pd.DataFrame, converted: bool, conditions: str, training: str) -> str:
    """Return how strong the evidence is: seeds, what the intervals are over, and where times are from."""
    extremes = " (of one image, between the extremes of the rounds)" if converted else ""
    seeds = text.span(set(networks["seeds"]))
    runs = f"{seeds} training run{'' if seeds == '1' else 's'} of each, {training}"
    alone, chance = "; one says nothing about the next", "test images alone"
    if seeds != "1":
        alone, chance = "", "training runs and test images"
    return (
        f"The evidence: {runs}{alone}. Intervals are 95%: those of accuracy are over {chance}, those of times over the"
        f" rounds of one process{extremes}. Times are {conditions}."
    )


def at_equal_cost(mine: pd.DataFrame) -> list[str]:
    """Return a sentence for each architecture against the first, at equal multiply-adds and train time.

    `mine` are the rows of compare's table of equal cost that compare with the first architecture of one data set.
    """
    return [
        f"- **{name} instead of {rows['base'].iloc[0]}, at equal cost**: "
        + "; ".join(_counted(rows[rows["cost"] == cost], said) for cost, said in COSTS.items())
        + "."
        for name, rows in mine.groupby("architecture", sort=False)
    ]


COSTS = {"macs": "multiply-adds", "train_seconds": "train time", "latency_ms": "time for one image"}
WORDS = {"more": "more accurate", "less": "less accurate", "alike": "alike", "unknown": "no difference shown"}


def _counted(rows: pd.DataFrame, cost: str) -> str:
    """Return at how many of the first architecture's widths what was found; the estimates are no interval."""
    if rows.empty:
        return f"at equal {cost} nothing could be compared"
    widths = "width" if len(rows) == 1 else "widths"
    counts = rows["verdict"].value_counts()
    each = text.listed(f"{WORDS[word]} at {counts[word]} of {len(rows)} {widths}" for word in WORDS if word in counts)
    ends = dict.fromkeys(f"{100 * rows['difference'].agg(end):+.2f}" for end in ("min", "max"))
    differences = f"estimates from {' to '.join(ends)}" if len(ends) > 1 else f"estimate {next(iter(ends))}"
    return f"at equal {cost} {each} ({differences} points)"
