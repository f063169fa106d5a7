"""The report's section on accuracy at equal cost, for experiments with several widths."""

import math

import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.sections.accuracy import interval, probability, surprising, verdict
from dscnn.reporting.tables.equal_cost import front
from dscnn.reporting.text import Row

HEADINGS = {
    "macs": "multiply-adds",
    "train_seconds": "train time",
    "parameters": "parameters",
    "latency_ms": "time for one image",
}
NAMED = {
    "macs": lambda value: f"{text.digits(value / 1e6)} M multiply-adds",
    "parameters": lambda value: f"{text.digits(value / 1e3)} k parameters",
    "train_seconds": lambda value: f"{text.digits(value)} s of training",
    "latency_ms": lambda value: f"{text.digits(value)} ms for one image",
}


def fronts(networks: pd.DataFrame) -> list[str]:
    """Return for each cost of one data set which networks no other one beats, by mean accuracy and median time."""
    several = networks["width"].nunique() > 1
    lines = []
    for cost, said in HEADINGS.items():
        best = front(networks, cost)
        each = text.listed(
            f"{row['architecture']} x{row['width']}" if several else row["architecture"] for row in text.records(best)
        )
        lines.append(f"- by {said}: {each}")
    return [
        "Pareto-optimal networks (no other is as accurate for less), by mean accuracy and median time; small"
        " differences may be chance:",
        "\n".join(lines),
    ]


def with_first(compared: pd.DataFrame, networks: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `compared` against the first architecture of `networks`; both are of one data set.

    There are none where no other architecture has networks on both sides of one of its costs.
    """
    mine: pd.DataFrame = compared[compared["base"] == networks["architecture"].iloc[0]]
    return mine


def sentences(mine: pd.DataFrame, margin: float) -> list[str]:
    """Return what can be said at each cost in multiply-adds that the first architecture has, as a list, if anything.

    `mine` are the rows `with_first`.
    """
    lines = [f"- {sentence(row, margin)}" for row in text.records(mine[mine["cost"] == "macs"])]
    return ["\n".join(lines)] if lines else []


def details(mine: pd.DataFrame) -> list[str]:
    """Return the table of all costs in the rows `with_first`, and how the numbers came about."""
    return [
        table(mine),
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
    return f"{place} {said}: {interval(row)} points.{surprising(row, margin)}"


def table(mine: pd.DataFrame) -> str:
    """Return a row for each cost and width of the first architecture, and a column for each other one."""
    names = list(mine["architecture"].unique())
    cells: dict[tuple[str, str, float], dict[str, str]] = {}
    for row in text.records(mine):
        said = "unknown" if math.isnan(row["low"]) else f"{interval(row)}, p {probability(row['p'])}"
        cells.setdefault((row["cost"], row["base_width"], row["at"]), {})[row["architecture"]] = said
    return text.table(
        [f"minus {mine['base'].iloc[0]}, at equal", *names],
        [
            [f"{NAMED[cost](at)} (width {width})", *(own.get(name, "not measured") for name in names)]
            for (cost, width, at), own in cells.items()
        ],
    )
