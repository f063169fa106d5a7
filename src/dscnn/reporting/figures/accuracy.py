"""The figures of the test accuracy: every seed with the mean's interval, and accuracy against what it costs."""

import math
from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from dscnn.reporting.figures.style import COLOURS, MARKS
from dscnn.statistics import runs

APART = 0.12  # of the places of two seeds, where architectures are 1 apart


def seeds(axes: Axes, arms: pd.DataFrame) -> None:
    """Draw a point for each seed in percent, and beside it the mean over the seeds with its 95 % interval."""
    names = list(arms["architecture"].unique())
    for i, name in enumerate(names):
        values = 100 * arms[arms["architecture"] == name]["accuracy"]
        colour = COLOURS[i % len(COLOURS)]
        step = min(APART, 0.5 / len(values))
        places = [i - 0.1 - step * (len(values) - 1 - j) for j in range(len(values))]
        axes.scatter(places, values, color=colour, marker=MARKS[i % len(MARKS)], alpha=0.7, s=30)
        _mean(axes, i + 0.1, float(values.mean()), runs.mean_interval(values.to_numpy()), i)
        axes.annotate(f"{values.mean():.2f}", (i + 0.1, values.mean()), (8, 0), textcoords="offset points", va="center")
    axes.set_xticks(range(len(names)), names, rotation=0 if len(names) < 5 else 30)
    axes.set(xlim=(-0.7, len(names) - 0.3), ylabel="test accuracy, %")
    axes.grid(axis="y", alpha=0.3)


def against(column: str, label: str, unit: str = "") -> Callable[[Axes, pd.DataFrame], None]:
    """Return what draws each network's accuracy in percent, with the mean's interval, over what it costs.

    The widths of an architecture are joined by a line.
    """

    def draw(axes: Axes, networks: pd.DataFrame) -> None:
        for i, (name, rows) in enumerate(networks.groupby("architecture", sort=False)):
            rows = rows.sort_values(column)
            axes.plot(rows[column], 100 * rows["accuracy"], color=COLOURS[i % len(COLOURS)], alpha=0.6)
            for row in rows.to_dict("records"):
                ends = (100 * row["accuracy_mean_low"], 100 * row["accuracy_mean_high"])
                _mean(axes, row[column], 100 * row["accuracy"], ends, i)
            last = rows.iloc[-1]
            axes.annotate(
                str(name), (last[column], 100 * last["accuracy"]), (7, 7), textcoords="offset points",
                color=COLOURS[i % len(COLOURS)],
            )  # fmt: skip
        axes.set(xscale="log", xlabel=label, ylabel="test accuracy, %")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(EngFormatter(unit=unit, sep=" "))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.margins(x=0.3, y=0.15)
        axes.grid(alpha=0.3)

    return draw


def _mean(axes: Axes, place: float, value: float, ends: tuple[float, float], number: int) -> None:
    """Draw a mean with its interval, of which there is none for one seed."""
    low, high = ends
    whiskers = None if math.isnan(low) else [[value - low], [high - value]]
    axes.errorbar(
        [place], [value], yerr=whiskers, color=COLOURS[number % len(COLOURS)], marker=MARKS[number % len(MARKS)],
        markersize=9, markeredgecolor="black", capsize=5, linewidth=1.5,
    )  # fmt: skip
