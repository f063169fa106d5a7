"""The figure of break-even: how long each architecture takes against the first one, over width, batch size and side."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from dscnn.reporting.figures.style import COLOURS, MARKS

LABELS = {"width": "width", "batch_size": "batch size", "side": "image side"}
LINES = ["-", "--", ":", "-."]  # of the precisions
RATIOS = [2.0**power for power in range(-6, 7)]


def panels(table: pd.DataFrame) -> list[list[tuple[str, pd.DataFrame]]]:
    """Return a row of titled panels for each data set and direction, a panel an axis.

    That of one image by batch size is empty: one image has none.
    """
    axes = list(table["axis"].unique())
    return [
        [(f"{dataset}, {direction} by {LABELS[axis]}", rows[rows["axis"] == axis]) for axis in axes]
        for (dataset, direction), rows in table.groupby(["dataset", "direction"], sort=False)
    ] or [[("nothing was measured: all lists of breakeven are empty", table)]]


def ratios(axes: Axes, table: pd.DataFrame) -> None:
    """Draw a line an architecture and precision, with a band of its intervals, and the first one as 1."""
    if table.empty:
        axes.set_axis_off()
        return
    for i, (architecture, own) in enumerate(table.groupby("architecture", sort=False)):
        colour, mark = COLOURS[i % len(COLOURS)], MARKS[i % len(MARKS)]
        if not i:
            axes.axhline(1, color=colour, label=str(architecture))
            continue
        for line, (precision, rows) in zip(LINES, own.groupby("precision", sort=False), strict=False):
            axes.plot(
                rows["value"], rows["ratio"], line, color=colour, marker=mark, markersize=4,
                label=f"{architecture}, {precision}",
            )  # fmt: skip
            axes.fill_between(rows["value"], rows["low"], rows["high"], color=colour, alpha=0.2, linewidth=0)
    axes.set(xscale="log", yscale="log", xlabel=LABELS[table["axis"].iloc[0]], ylabel="share of the first's time")
    plain = FuncFormatter(lambda value, _: f"{value:g}")
    for axis, ticks in ((axes.xaxis, sorted(table["value"].unique())), (axes.yaxis, RATIOS)):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(plain)
    axes.grid(alpha=0.3)
    place = axes.get_subplotspec()
    if place is None or (place.is_first_row() and place.is_first_col()):
        axes.legend(fontsize=7)
