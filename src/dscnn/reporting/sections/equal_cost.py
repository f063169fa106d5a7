"""What the report says of accuracy at equal cost, for experiments with several widths."""

import math

import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.sections.wording import interval, probability, surprising, verdict
from dscnn.reporting.tables.equal_cost import front
from dscnn.reporting.text import Row

HEADINGS = {
    "macs": "multiply-adds",
    "train_seconds": "train time",
    "parameters": "parameters",
    "image_ms": "time for one image",
}
OPENING = ("macs", "train_seconds", "image_ms")  # what the report opens with: parameters cost no time
WORDS = {"more": "more accurate", "less": "less accurate", "alike": "alike", "unknown": "no difference shown"}
NAMED = {
    "macs": lambda value: f"{text.digits(value / 1e6)} M multiply-adds",
    "parameters": lambda value: f"{text.digits(value / 1e3)} k parameters",
    "train_seconds": lambda value: f"{text.digits(value)} s of training",
    "image_ms": lambda value: f"{text.digits(value)} ms for one image",
}


def fronts(networks: pd.DataFrame) -> list[str]:
    """Return for each cost of one data set which networks no other one beats, by mean accuracy and median time."""
    several = networks["width"].nunique() > 1
    lines = []
    for cost, heading in HEADINGS.items():
        said = f"{heading} ({networks['image_by'].iloc[0]})" if cost == "image_ms" else heading
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


def verdicts(mine: pd.DataFrame, training: str, conditions: str) -> list[str]:
    """Return a sentence for each architecture against the first, at equal cost, and one on the evidence.

    `mine` are the rows `with_first`; `training` says what a run is, `conditions` what the times are of.
    """
    said = [
        f"- **{name} instead of {rows['base'].iloc[0]}, at equal cost**: "
        + "; ".join(_counted(rows[rows["cost"] == cost], HEADINGS[cost]) for cost in OPENING)
        + "."
        for name, rows in mine.groupby("architecture", sort=False)
    ]
    seeds = text.span({*mine["seeds"], *mine["base_seeds"]})
    runs = f"{text.counted(seeds, 'training run')} of each network"
    return [
        *said,
        f"- The evidence: {runs}, {training}. Intervals are 95%, over training runs on these test images alone; costs"
        f" are taken as exact. Times are {conditions}.",
    ]


def _counted(rows: pd.DataFrame, cost: str) -> str:
    """Return at how many of the first architecture's widths what was found, with the extremes of all intervals."""
    if rows.empty:
        return f"at equal {cost} nothing could be compared"
    widths = text.counted(len(rows), "width")
    counts = rows["verdict"].value_counts()
    each = text.listed(f"{WORDS[word]} at {counts[word]} of {widths}" for word in WORDS if word in counts)
    ends = dict.fromkeys(f"{100 * rows['difference'].agg(end):+.2f}" for end in ("min", "max"))
    differences = f"estimates from {' to '.join(ends)}" if len(ends) > 1 else f"estimate {next(iter(ends))}"
    if rows["low"].isna().any():
        return f"at equal {cost} {each} ({differences} points)"
    widest = f"{100 * rows['low'].min():+.2f} to {100 * rows['high'].max():+.2f}"
    intervals = f"intervals from {widest}" if len(rows) > 1 else f"interval {widest}"
    return f"at equal {cost} {each} ({differences}, {intervals} points)"


def sentences(mine: pd.DataFrame, margin: float) -> list[str]:
    """Return what can be said at each multiply-adds and train time that the first architecture has, as a list, if any.

    `mine` are the rows `with_first`.
    """
    lines = [f"- {sentence(row, margin)}" for row in text.records(mine[mine["cost"].isin(["macs", "train_seconds"])])]
    return ["\n".join(lines)] if lines else []


def details(mine: pd.DataFrame) -> list[str]:
    """Return the table of all costs in the rows `with_first`, and how the numbers came about."""
    return [
        table(mine),
        "The first architecture at each of its widths, against the others at the same cost. Their accuracy there lies"
        " on a straight line between two of their widths, over the logarithm of the cost, for each seed. Differences"
        " are in points, of the means of further training runs on these test images; intervals are 95%, and take the"
        " costs as exact. *p* is corrected for the comparisons of this table at a cost (Holm), not for the number of"
        " costs. Costs outside those measured are not compared, nor a time that does not rise from each width to the"
        " next. plots/equal_cost.csv has the other pairs too.",
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
