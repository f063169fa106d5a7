"""The figure of break-even: how long each architecture takes against the first one, over width, batch size and side."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from dscnn.reporting.figures.places import Grid, Panel
from dscnn.reporting.figures.style import Looks

DIRECTIONS = {"training": "a training step", "inference": "inference of a batch", "one image": "inference of one image"}
LABELS = {"width": "width", "batch_size": "batch size", "side": "image side"}
LINES = ["-", "--", ":", "-."]  # of the precisions
RATIOS = [step * 10.0**power for power in (-2, -1, 0, 1) for step in (1, 1.5, 2, 2.5, 3, 4, 5, 7)]


def panels(table: pd.DataFrame) -> Grid:
    """Return a row of panels for each data set and direction, a panel an axis.

    That of one image by batch size is empty: one image has none.
    """
    axes = list(table["axis"].unique())
    return [
        [
            Panel(
                (str(dataset),),
                f"{dataset}, {DIRECTIONS[str(direction)]} by {LABELS[axis]}",
                rows[rows["axis"] == axis],
            )
            for axis in axes
        ]
        for (dataset, direction), rows in table.groupby(["dataset", "direction"], sort=False)
    ]


def ratios(axes: Axes, table: pd.DataFrame, looks: Looks) -> None:
    """Draw a line an architecture and precision, with a band of its intervals, and the first one as 1."""
    if table.empty:
        axes.set_axis_off()
        axes.set_title("")
        return
    for i, (name, own) in enumerate(table.groupby("architecture", sort=False)):
        look = looks[str(name)]
        if not i:
            axes.axhline(1, color=look.colour, label=str(name))
            continue
        for line, (precision, rows) in zip(LINES, own.groupby("precision", sort=False), strict=False):
            axes.plot(
                rows["value"], rows["ratio"], line, color=look.colour, marker=look.mark, markersize=4,
                label=f"{name}, {precision}",
            )  # fmt: skip
            axes.fill_between(rows["value"], rows["low"], rows["high"], color=look.colour, alpha=0.2, linewidth=0)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel=LABELS[table["axis"].iloc[0]],
        ylabel=f"time / that of {table['architecture'].iloc[0]}",
    )
    plain = FuncFormatter(lambda value, _: f"{value:.4g}")
    for axis, ticks in ((axes.xaxis, sorted(table["value"].unique())), (axes.yaxis, RATIOS)):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(plain)
    axes.grid()
    place, canvas = axes.get_subplotspec(), axes.get_figure()
    if canvas and (place is None or (place.is_first_row() and place.is_first_col())):
        canvas.legend(loc="outside lower center", ncols=2, fontsize=7)
