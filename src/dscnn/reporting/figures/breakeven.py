"""The figure of break-even: how long each architecture takes against the first one, over width, batch size and side."""

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from dscnn.reporting.figures.places import Grid, Panel
from dscnn.reporting.figures.style import PAPER, Looks

DIRECTIONS = {
    "training": "a training step",
    "inference": "inference of a batch",
    "one image": "inference of one image (Keras)",
}
LABELS = {"width": "width", "batch_size": "batch size", "side": "image side"}
LINES: list[Any] = ["-", (0, (2.5, 1.2)), (0, (1, 1))]  # of the precisions; the marks of all but the first are hollow
STEP, ROOM = 0.02, 0.4  # between neighbouring lines, of an axis; of all, of the smallest gap between its values
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
    """Draw a line an architecture and precision, its intervals as error bars, and the first architecture as 1.

    Lines are drawn a little apart, since they share their values: the measured ones are those of the ticks.
    """
    if table.empty:
        axes.set_axis_off()
        axes.set_title("")
        return
    first, *others = table["architecture"].unique()
    axes.axhline(1, color=looks[first].colour, label=first)
    values, precisions = sorted(table["value"].unique()), list(table["precision"].unique())
    factors = iter(apart(values, len(others) * len(precisions)))
    for name in others:
        look, own = looks[name], table[table["architecture"] == name]
        for precision, line in zip(precisions, LINES, strict=False):
            rows, factor = own[own["precision"] == precision], next(factors)
            middle = (rows["low"] + rows["high"]) / 2
            axes.errorbar(
                factor * rows["value"], middle, middle - rows["low"], fmt="none", ecolor=look.colour, elinewidth=1,
                capsize=2.5,
            )  # fmt: skip
            axes.plot(
                factor * rows["value"], rows["ratio"], linestyle=line, color=look.colour, marker=look.mark,
                markerfacecolor=look.colour if precision == precisions[0] else PAPER, markersize=5,
                label=f"{name}, {precision}",
            )  # fmt: skip
    axes.set(
        xscale="log",
        yscale="log",
        xlabel=LABELS[table["axis"].iloc[0]],
        ylabel=f"time / that of {table['architecture'].iloc[0]}",
    )
    if len(values) == 1:
        axes.set_xlim(values[0] / 2, values[0] * 2)  # its lines are points side by side, and should look so
    plain = FuncFormatter(lambda value, _: f"{value:.4g}")
    for axis, ticks in ((axes.xaxis, values), (axes.yaxis, RATIOS)):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(plain)
    axes.grid()
    place, canvas = axes.get_subplotspec(), axes.get_figure()
    if canvas and (place is None or (place.is_first_row() and place.is_first_col())):
        canvas.legend(
            loc="outside lower center", ncols=2, fontsize=7, handlelength=3.3, handletextpad=0.5, columnspacing=1
        )


def apart(values: list[float], lines: int) -> list[float]:
    """Return a factor for each of `lines` lines, by which its `values` (rising) are multiplied on a logarithmic axis.

    So lines stand side by side, in the order given. Their distance is the same everywhere, and far less than values'.
    """
    logs = np.log(values)
    step = min(STEP * (logs[-1] - logs[0]), ROOM * np.diff(logs).min() / lines) if len(values) > 1 and lines else STEP
    return [math.exp(step * (i - (lines - 1) / 2)) for i in range(lines)]
