"""What the report opens with: is another architecture worth it here, from the tables alone.

A sentence for each architecture, then how strong the evidence is. The times of a training step and of one image differ
where the interval of their ratio leaves out 1; parameters are counted. What cannot be told apart is neither gain nor
loss.
"""

import math

import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.sections.accuracy import points, probability, reaches_past
from dscnn.reporting.tables.differences import IMAGES
from dscnn.reporting.text import Row


def sentences(
    networks: pd.DataFrame,
    relative: pd.DataFrame,
    differences: pd.DataFrame,
    deployed: pd.DataFrame,
    margin: float,
    conditions: str,
) -> list[str]:
    """Return the verdict on one data set and width; none for a single architecture.

    `margin` is in points of accuracy; `conditions` say where the times are from.
    """
    base, *others = text.records(networks)
    first = base["architecture"]
    against = differences[(differences["population"] == IMAGES) & (differences["base"] == first)]
    accuracies = {row["architecture"]: row for row in text.records(against)}
    steps = {row["architecture"]: row for row in text.records(relative[relative["measure"] == "time measured"])}
    if not others:
        return []
    said = [
        f"- **{row['architecture']} instead of {first}: {worth(accuracies[name], *changes(row, base, steps[name]))}.**"
        f" {costs(row, base, steps[name], lite(deployed, first, name))}; {accuracy(accuracies[name], margin)}."
        for row in others
        for name in [row["architecture"]]
    ]
    return [*said, f"- {evidence(networks, against, conditions)}"]


def changes(row: Row, base: Row, step: Row) -> tuple[list[str], list[str]]:
    """Return what surely costs less than with the first architecture, and what costs more, in words."""
    size = row["parameters"] / base["parameters"]
    ratios = {
        ("quicker to train", "slower to train"): (step["low"], step["high"]),
        ("quicker for one image", "slower for one image"): (row["latency_share_low"], row["latency_share_high"]),
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


def costs(row: Row, base: Row, step: Row, converted: float | None) -> str:
    """Return how long training and an image take, and how large the network is, as ratios to the first's.

    `converted`: the same ratio of one image by TensorFlow Lite, where it was measured. One by Keras is mostly the cost
    of the call.
    """
    trained = f"{text.times(step['share'])} the time{_interval(step['low'], step['high'])}"
    answered = text.times(row["latency_share"]) + _interval(row["latency_share_low"], row["latency_share_high"])
    lite = "" if converted is None else f", by TensorFlow Lite in float32 {text.times(converted)}"
    size = text.times(row["parameters"] / base["parameters"])
    return (
        f"A training step takes {trained}, inference of one image by Keras {answered}{lite}, and it has {size} the"
        " parameters"
    )


def lite(deployed: pd.DataFrame, first: str, name: str) -> float | None:
    """Return the time of one image of `name` by that of `first`, both by TensorFlow Lite in float32."""
    whole = deployed[deployed["format"] == "float32"]
    times = dict(zip(whole["architecture"], whole["lite_latency_ms"], strict=True))
    return float(times[name] / times[first]) if {name, first} <= times.keys() else None


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


def evidence(networks: pd.DataFrame, against: pd.DataFrame, conditions: str) -> str:
    """Return how strong the evidence is: seeds, the least that images leave open, and where times are from."""
    seeds = text.span(set(networks["seeds"]))
    runs = f"{seeds} training run{'' if seeds == '1' else 's'} of each"
    half = 100 * against["images_half_width"].max()
    alone, chance = ", which says nothing about the next one", "test images alone"
    if seeds != "1":
        alone, chance = "", "training runs and test images"
    return (
        f"The evidence: {runs}{alone}. Intervals are 95%: those of accuracy are over {chance} (the images alone leave"
        f" ±{text.digits(half, 2)} points), those of times over the rounds of one process. Times are {conditions}."
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
