"""The figures of the test accuracy: every seed with the mean's interval, and accuracy against what it costs."""

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import Locator, LogLocator, MaxNLocator, NullFormatter

from dscnn.reporting.figures.panels import Draw
from dscnn.reporting.figures.style import INK, PAPER, Look, Looks, in_units
from dscnn.reporting.tables.equal_cost import front
from dscnn.statistics import runs

HOLLOW: Any = {"linestyle": "none", "markerfacecolor": "none", "markersize": 8}
APART = 0.12  # of the places of two seeds, where architectures are 1 apart
ON_LINES: Any = {"boxstyle": "square,pad=0.1", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.8}


def seeds(axes: Axes, arms: pd.DataFrame, looks: Looks) -> None:
    """Draw a point for each seed in percent, and beside it the mean over the seeds with its 95 % interval."""
    names = list(arms["architecture"].unique())
    for i, name in enumerate(names):
        values = 100 * arms[arms["architecture"] == name]["accuracy"]
        look = looks[name]
        step = min(APART, 0.5 / len(values))
        places = [i - 0.1 - step * (len(values) - 1 - j) for j in range(len(values))]
        axes.scatter(places, values, color=look.colour, marker=look.mark, alpha=0.7, s=30)
        _mean(axes, i + 0.1, float(values.mean()), runs.mean_interval(values.to_numpy()), look)
        axes.annotate(f"{values.mean():.2f}", (i + 0.1, values.mean()), (8, 0), textcoords="offset points", va="center")
    axes.set_xticks(range(len(names)), names, rotation=0 if len(names) < 5 else 30)
    axes.set(xlim=(-0.7, len(names) - 0.3), ylabel="test accuracy, %")
    axes.grid(axis="y")


def against(column: str, label: str, unit: str = "", scale: float = 1.0, ends: str = "") -> Draw:
    """Return what draws each network's accuracy in percent, with the mean's interval, over what it costs.

    `ends`: a horizontal line goes between the columns of these two, as in "low high": `column`_low and `column`_high.

    The widths of an architecture, each written beside its mark, are joined by a line in their order, and by a band
    their intervals, if the cost rises with the width. A dotted line is the Pareto front: no other network has its
    accuracy for less. The axis has `column` times `scale`, in `unit`.

    Over multiply-adds, a hollow mark is the accuracy of the mean over an image and its mirror image, at twice the cost.
    """

    def draw(axes: Axes, networks: pd.DataFrame, looks: Looks) -> None:
        several = networks["architecture"].duplicated().any()
        for name, rows in networks.groupby("architecture", sort=False):
            look, rows = looks[str(name)], rows.sort_values("width", key=lambda widths: widths.astype(float))
            costs, low, high = scale * rows[column], 100 * rows["accuracy_mean_low"], 100 * rows["accuracy_mean_high"]
            axes.plot(costs, 100 * rows["accuracy"], color=look.colour, alpha=0.6)
            if costs.is_monotonic_increasing:
                band = low.astype(float), high.astype(float)
                axes.fill_between(costs, *band, color=look.colour, alpha=0.15, linewidth=0)
            for cost, value, below, above in zip(costs, 100 * rows["accuracy"], low, high, strict=True):
                _mean(axes, cost, value, (below, above), look)
            if ends:
                left, right = (scale * rows[f"{column}_{end}"] for end in ends.split())
                axes.hlines(100 * rows["accuracy"], left, right, color=look.colour, linewidth=1.5)
            # below right of the mark, where the Pareto front never is
            for cost, value, said in zip(costs, 100 * rows["accuracy"], rows["width"], strict=True):
                words, size, colour = (str(said), 6, look.colour) if several else (str(name), None, INK)
                style: Any = {"va": "top", "size": size, "color": colour, "bbox": ON_LINES}
                axes.annotate(words, (cost, value), (7, -7), textcoords="offset points", **style)
        explained: dict[str, Line2D] = {}
        if several:  # points crowd where the lines end, so names there would lie on them
            for name in networks["architecture"].unique():
                look = looks[str(name)]
                explained[str(name)] = Line2D([], [], color=look.colour, marker=look.mark, markeredgecolor=INK)
        mirrored = networks[networks["mirror_accuracy"].notna()]
        if column == "macs" and not mirrored.empty:
            explained["mean over image and mirror image"] = Line2D([], [], **HOLLOW, color=INK, marker="o")
            for row in mirrored.to_dict("records"):
                look = looks[row["architecture"]]
                place = [2 * scale * row[column]], [100 * row["mirror_accuracy"]]
                axes.plot(*place, **HOLLOW, color=look.colour, marker=look.mark)
        if explained:
            axes.legend(explained.values(), explained.keys(), loc="lower right")
        best = front(networks, column)
        axes.plot(
            scale * best[column], 100 * best["accuracy"], ":", color=INK, linewidth=1, drawstyle="steps-post", zorder=0
        )
        axes.margins(x=0.3, y=0.15)
        axes.set(xscale="log", xlabel=label, ylabel="test accuracy, %")
        axes.xaxis.set_major_locator(_ticks(*axes.get_xlim()))
        axes.xaxis.set_major_formatter(in_units(unit))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.grid()

    return draw


def _ticks(left: float, right: float) -> Locator:
    """Return what places the ticks of a logarithmic axis, so that there are some, and their labels do not touch."""
    if right < 2 * left:
        return MaxNLocator(4, steps=[1, 2, 5, 10])
    return LogLocator(subs=(1, 1.5, 2, 3, 5, 7) if right < 10 * left else (1, 2, 5) if right < 100 * left else (1,))


def _mean(axes: Axes, place: float, value: float, ends: tuple[float, float], look: Look) -> None:
    """Draw a mean with its interval, of which there is none for one seed."""
    low, high = ends
    whiskers = None if math.isnan(low) else [[value - low], [high - value]]
    axes.errorbar(
        [place], [value], yerr=whiskers, color=look.colour, marker=look.mark, markersize=9, markeredgecolor=INK,
        capsize=5, linewidth=1.5,
    )  # fmt: skip
