"""The figure of a difference: from one architecture's training step to another's, part by part."""

import pandas as pd
from matplotlib.axes import Axes

from dscnn.reporting.figures.style import INK, LESS, MORE, PAPER, Looks
from dscnn.reporting.tables.decomposition import STEP
from dscnn.reporting.text import digits, signed


def waterfall(axes: Axes, table: pd.DataFrame, looks: Looks) -> None:
    """Draw, for each architecture against the first, the way from the first one's step to its own, part by part."""
    labels: list[str] = []

    def bar(label: str, start: float, length: float, colour: str, ends: tuple[float, float] | None = None) -> None:
        start, length = 1e3 * start, 1e3 * length
        whiskers = [[length - 1e3 * ends[0]], [1e3 * ends[1] - length]] if ends else None
        place = len(labels)
        axes.barh(place, length, left=start, color=colour, edgecolor=PAPER, xerr=whiskers, capsize=3, ecolor=INK)
        right = max(start, start + length, start + 1e3 * ends[1] if ends else 0.0)
        said = signed(length) if ends else digits(length)
        axes.annotate(said, (right, place), (5, 0), textcoords="offset points", va="center", fontsize=8)
        labels.append(label)

    own = table[table["base"] == table["base"].iloc[0]]
    for i, (name, rows) in enumerate(own.groupby("architecture", sort=False)):
        if i:
            labels.append("")
        (step,) = rows[rows["part"] == STEP].to_dict("records")
        bar(step["base"], 0.0, step["start"], looks[step["base"]].colour)
        for row in rows[rows["part"] != STEP].to_dict("records"):
            bar(
                row["part"],
                row["start"],
                row["seconds"],
                LESS if row["seconds"] < 0 else MORE,
                (row["low"], row["high"]),
            )
        bar(str(name), 0.0, step["end"], looks[str(name)].colour)
    axes.set_yticks([i for i, label in enumerate(labels) if label], [label for label in labels if label], fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel("ms a training step")
