"""The report's section that puts this experiment beside those that others published.

The verdicts of stage compare and the intervals of stage benchmark alone decide what is said to hold.
"""

from collections.abc import Mapping

import pandas as pd

from dscnn.experiment.params import Params
from dscnn.reporting import text
from dscnn.reporting.sections import differing
from dscnn.reporting.sections.beside_accuracy import accuracies, accuracy_words
from dscnn.reporting.sections.matching import Pair, matched, pairs
from dscnn.reporting.sections.references import counts
from dscnn.reporting.tables.decomposition import STEP
from dscnn.reporting.text import Row

TIMED = ("dataset", "width", "device", "precision", "train.batch_size")  # conditions that a train time depends on most


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
            runs, gaps, changes = (
                each[(each["dataset"] == dataset) & (each["width"] == width)]
                for each in (arms, differences, decomposition)
            )
            differ = differing.table(reference["conditions"], settings, runs)
            made += [
                f"**{dataset}, width {width}, beside {name}**",
                *conditions(differ),
                *_accuracies(reference, same, str(dataset), own, gaps, settings.comparison.margin),
                *time_words(reference, same, changes, differ),
            ]
    return made


def _accuracies(
    reference: Row, same: Mapping[str, str], dataset: str, own: pd.DataFrame, gaps: pd.DataFrame, margin: float
) -> list[str]:
    """Return what is said of the accuracies; those on other images are not compared."""
    published = reference["conditions"]["dataset"]
    if dataset != published:
        return [f"Accuracies are not compared: the published ones are on {published}, these on {dataset}."]
    return [*accuracies(reference, same, own), *accuracy_words(reference, same, gaps, margin)]


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
        f" {text.milliseconds(row['start'])} with {pair.base}: {text.times(row['ratio'])} (the median of the"
        f" rounds' ratios), a difference of {less} ms ({low} to {high})"
    )


def _same_order(row: Row, ratio: float) -> str:
    """Return whether the interval of a difference shows the order of two published times, whose ratio is `ratio`."""
    if row["low"] <= 0 <= row["high"]:
        return "which this interval neither shows nor contradicts"
    agree = ratio > 1 if row["seconds"] > 0 else ratio < 1
    return "in the same order" if agree else "so the order is not the published one"


def conditions(differ: list[list[str]]) -> list[str]:
    """Return the conditions that are not the published ones (`dscnn.reporting.sections.differing`)."""
    if not differ:
        return ["All conditions that are known of the published experiment are the same here."]
    return ["These conditions differ:", text.table(["", "published", "here"], differ)]
