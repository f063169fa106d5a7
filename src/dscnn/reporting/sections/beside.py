"""The report's section that puts this experiment beside those that others published.

Networks are the same here and there if the two convolutions of their blocks are of the same kinds, whatever their
names. The verdicts of stage compare and the intervals of stage benchmark alone decide what is said to hold.
"""

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from dscnn.experiment.params import Params
from dscnn.reporting import text
from dscnn.reporting.sections import differing
from dscnn.reporting.sections.accuracy import interval, surprising, verdict
from dscnn.reporting.sections.references import counts
from dscnn.reporting.tables.decomposition import STEP
from dscnn.reporting.tables.differences import IMAGES
from dscnn.reporting.text import Row

ACCURACIES = {"accuracy": "last epoch", "accuracy_last_ten": "mean of the last ten", "accuracy_best": "best epoch"}
TIMED = ("dataset", "width", "device", "precision", "train.batch_size")  # conditions that a train time depends on most


class Pair(NamedTuple):
    """Two networks here, and what was published of the same two."""

    base: str
    name: str
    base_published: Row
    published: Row


def section(
    references: Mapping[str, Row],
    settings: Params,
    arms: pd.DataFrame,
    networks: pd.DataFrame,
    differences: pd.DataFrame,
    decomposition: pd.DataFrame,
) -> list[str]:
    """Return the paragraphs for each reference (`dscnn.costs.references`); none without references.

    The tables are those of stage compare, with all data sets and widths.
    """
    made: list[str] = []
    for name, reference in references.items():
        made += [f"### {name}", *counts(reference)]
        same = matched(reference, settings)
        if not same:
            made.append("No architecture of this experiment has the same kinds of convolution, so no result is beside.")
            continue
        for (dataset, width), own in networks.groupby(["dataset", "width"], sort=False):
            runs, pairs, changes = (
                each[(each["dataset"] == dataset) & (each["width"] == width)]
                for each in (arms, differences, decomposition)
            )
            differ = differing.table(reference["conditions"], settings, runs)
            made += [
                f"**{dataset}, width {width}, beside {name}**",
                *conditions(differ),
                *_accuracies(reference, same, str(dataset), own, pairs, settings.comparison.margin),
                *time_words(reference, same, changes, differ),
            ]
    return made


def matched(reference: Row, settings: Params) -> dict[str, str]:
    """Return, by name here, the published name of each architecture with the same kinds of convolution."""
    by_kinds = {tuple(own["kinds"]): name for name, own in reversed(reference["architectures"].items())}
    return {name: by_kinds[kinds] for name, kinds in settings.architectures.items() if kinds in by_kinds}


def _accuracies(
    reference: Row, same: Mapping[str, str], dataset: str, own: pd.DataFrame, pairs: pd.DataFrame, margin: float
) -> list[str]:
    """Return what is said of the accuracies; those on other images are not compared."""
    published = reference["conditions"]["dataset"]
    if dataset != published:
        return [f"Accuracies are not compared: the published ones are on {published}, these on {dataset}."]
    return [*accuracies(reference, same, own), *accuracy_words(reference, same, pairs, margin)]


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


def time_words(
    reference: Row, same: Mapping[str, str], decomposition: pd.DataFrame, differ: list[list[str]]
) -> list[str]:
    """Return what holds of the published train times: which of two networks takes longer, and how much."""
    said = []
    for pair, row in pairs(reference, same, decomposition[decomposition["part"] == STEP]):
        ratio = pair.published["train_seconds"] / pair.base_published["train_seconds"]
        published = f"Published train time: {text.times(ratio)}"
        said.append(f"- {_step(pair, row)}. {published}, {_same_order(row, ratio)}.")
    other = "".join(f", {name.split('.')[-1].replace('_', ' ')} {value}" for name, value, _ in differ if name in TIMED)
    first = (
        "The time of a training step here, and the train time published. The published one is of its own"
        f" machine{other}, so only the order is compared:"
    )
    return [first, "\n".join(said)] if said else []


def _step(pair: Pair, row: Row) -> str:
    less, low, high = (text.signed(1e3 * row[name]) for name in ("seconds", "low", "high"))
    return (
        f"A training step takes {text.milliseconds(row['end'])} with {pair.name} here,"
        f" {text.milliseconds(row['start'])} with {pair.base}: {text.times(row['end'] / row['start'])} of these"
        f" medians, a difference of {less} ms ({low} to {high})"
    )


def _same_order(row: Row, ratio: float) -> str:
    """Return whether the interval of a difference shows the order of two published times, whose ratio is `ratio`."""
    if row["low"] <= 0 <= row["high"]:
        return "which this interval neither shows nor contradicts"
    agree = ratio > 1 if row["seconds"] > 0 else ratio < 1
    return "in the same order" if agree else "so the order is not the published one"


def pairs(reference: Row, same: Mapping[str, str], table: pd.DataFrame) -> Iterator[tuple[Pair, Row]]:
    """Yield each row of `table`, which has a row a pair, whose two networks were published as different ones."""
    published = reference["architectures"]
    for row in text.records(table):
        base, name = row["base"], row["architecture"]
        if base in same and name in same and same[base] != same[name]:
            yield Pair(base, name, published[same[base]]["published"], published[same[name]]["published"]), row


def conditions(differ: list[list[str]]) -> list[str]:
    """Return the conditions that are not the published ones (`dscnn.reporting.sections.differing`)."""
    if not differ:
        return ["All conditions that are known of the published experiment are the same here."]
    return ["These conditions differ:", text.table(["", "published", "here"], differ)]
