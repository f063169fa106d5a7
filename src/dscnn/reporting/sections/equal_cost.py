"""The report's section on accuracy at equal cost, for experiments with several widths."""

import math

import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.sections.accuracy import interval, probability, verdict
from dscnn.reporting.text import Row

NAMED = {
    "macs": lambda value: f"{text.digits(value / 1e6)} M multiply-adds",
    "parameters": lambda value: f"{text.digits(value / 1e3)} k parameters",
    "train_seconds": lambda value: f"{text.digits(value)} s of training",
    "latency_ms": lambda value: f"{text.digits(value)} ms for one image",
}


def section(compared: pd.DataFrame, margin: float) -> list[str]:
    """Return the paragraphs for each data set; none if no network lies between the costs of another architecture."""
    made: list[str] = []
    for dataset, rows in compared.groupby("dataset", sort=False):
        first = str(rows["base"].iloc[0])
        mine = rows[rows["base"] == first]
        made += [
            f"### {dataset}",
            *[f"- {sentence(row, margin)}" for row in text.records(mine[mine["cost"] == "macs"])],
            table(mine),
        ]
    if not made:
        return []
    return [
        "## At equal cost",
        *made,
        "The first architecture at each of its widths, against the others at the same cost. Their accuracy there lies"
        " on a straight line between two of their widths, over the logarithm of the cost, for each seed. Differences"
        " are in points, for the next training run on these test images; intervals are 95%, *p* is corrected for the"
        " comparisons of a cost (Holm). Costs outside those measured are not compared. plots/equal_cost.csv has all"
        " pairs.",
    ]


def sentence(row: Row, margin: float) -> str:
    """Return what can be said of one comparison."""
    place = f"At {NAMED[row['cost']](row['at'])} ({row['base']} at width {row['base_width']})"
    if math.isnan(row["low"]):
        value = f"{100 * row['difference']:+.2f} points"
        return f"{place} {row['architecture']} differs by {value}; nothing is known of chance."
    said = verdict(row["architecture"], row["base"], row, margin)
    return f"{place} {said}: {interval(row)} points."


def table(mine: pd.DataFrame) -> str:
    """Return a row for each cost and width of the first architecture, and a column for each other one."""
    names = list(mine["architecture"].unique())
    cells: dict[tuple[str, str, float], dict[str, str]] = {}
    for row in text.records(mine):
        said = "unknown" if math.isnan(row["low"]) else f"{interval(row)}, p {probability(row['p'])}"
        cells.setdefault((row["cost"], row["base_width"], row["at"]), {})[row["architecture"]] = said
    return text.table(
        [f"less {mine['base'].iloc[0]}, at equal", *names],
        [
            [f"{NAMED[cost](at)} (width {width})", *(own.get(name, "not measured") for name in names)]
            for (cost, width, at), own in cells.items()
        ],
    )
