"""The figures of the test accuracy: every seed with the mean's interval, and accuracy against what it costs."""

import math
from typing import Any, TypeAlias

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import Locator, LogLocator, MaxNLocator, NullFormatter

from dscnn.reporting.figures.panels import Draw
from dscnn.reporting.figures.style import INK, PAPER, Look, Looks, in_units
from dscnn.reporting.tables.equal_cost import front
from dscnn.reporting.tables.networks import by_rising_width
from dscnn.statistics import runs

HOLLOW: Any = {"linestyle": "none", "markerfacecolor": "none", "markersize": 8}
APART = 0.12  # of the places of two seeds, where architectures are 1 apart
Costs: TypeAlias = "pd.Series[float]"
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
        several = bool(networks["architecture"].duplicated().any())
        for name, rows in networks.groupby("architecture", sort=False):
            look, rows = looks[str(name)], by_rising_width(rows)
            costs = scale * rows[column]
            _joined(axes, costs, rows, look)
            if ends:
                left, right = (scale * rows[f"{column}_{end}"] for end in ends.split())
                axes.hlines(100 * rows["accuracy"], left, right, color=look.colour, linewidth=1.5)
            _named(axes, costs, rows, look, several)
        # points crowd where the lines end, so names there would lie on them
        explained = _architectures(networks, looks) if several else {}
        if column == "macs":
            explained |= _mirrored(axes, 2 * scale * networks[column], networks, looks)
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


def _joined(axes: Axes, costs: Costs, rows: pd.DataFrame, look: Look) -> None:
    """Draw the networks of an architecture with their intervals, joined by a line, and by a band if `costs` rise."""
    values, low, high = (100 * rows[name] for name in ("accuracy", "accuracy_mean_low", "accuracy_mean_high"))
    axes.plot(costs, values, color=look.colour, alpha=0.6)
    if costs.is_monotonic_increasing:
        axes.fill_between(costs, low.astype(float), high.astype(float), color=look.colour, alpha=0.15, linewidth=0)
    for cost, value, below, above in zip(costs, values, low, high, strict=True):
        _mean(axes, cost, value, (below, above), look)


def _named(axes: Axes, costs: Costs, rows: pd.DataFrame, look: Look, several: bool) -> None:
    """Write below right of each mark, where the Pareto front never is, its width; or what it is, if it is alone."""
    for cost, row in zip(costs, rows.to_dict("records"), strict=True):
        words, size, colour = (str(row["width"]), 6, look.colour) if several else (row["architecture"], None, INK)
        style: Any = {"va": "top", "size": size, "color": colour, "bbox": ON_LINES}
        axes.annotate(words, (cost, 100 * row["accuracy"]), (7, -7), textcoords="offset points", **style)


def _architectures(networks: pd.DataFrame, looks: Looks) -> dict[str, Line2D]:
    """Return the mark of each architecture for a legend."""
    own = {str(name): looks[str(name)] for name in networks["architecture"].unique()}
    return {
        name: Line2D([], [], color=look.colour, marker=look.mark, markeredgecolor=INK) for name, look in own.items()
    }


def _mirrored(axes: Axes, costs: Costs, networks: pd.DataFrame, looks: Looks) -> dict[str, Line2D]:
    """Draw the accuracy of the mean over an image and its mirror image, where it was measured; return its mark."""
    measured = networks["mirror_accuracy"].notna()
    for cost, row in zip(costs[measured], networks[measured].to_dict("records"), strict=True):
        look = looks[row["architecture"]]
        axes.plot([cost], [100 * row["mirror_accuracy"]], **HOLLOW, color=look.colour, marker=look.mark)
    mark = Line2D([], [], **HOLLOW, color=INK, marker="o")
    return {"mean over image and mirror image": mark} if measured.any() else {}


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
