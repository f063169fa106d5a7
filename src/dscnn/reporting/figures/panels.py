"""Panels of the report's figures: curves over epochs and time, and bars from zero."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, NullFormatter

from dscnn.reporting.figures.style import HATCHES, INK, OPERATIONS, PAPER, REMAINDERS, Looks, in_units
from dscnn.reporting.text import digits, listed

Draw = Callable[[Axes, pd.DataFrame, Looks], None]
ERRORS = "accuracy (errors on a log scale)"
LEVELS = (0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1)  # of accuracies


def logarithmic(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())


def by_errors(axes: Axes) -> None:
    """Scale the vertical axis so that equal steps are equal factors of the error: .98 and .99 are as far as .8 and .9.

    An accuracy of 1 would be infinitely far, so the error counts from .003 on.
    """
    axes.set_yscale("function", functions=(lambda each: -np.log(1.003 - each), lambda each: 1.003 - np.exp(-each)))
    axes.yaxis.set_major_locator(FixedLocator(LEVELS))
    axes.yaxis.set_major_formatter("{x:g}")


def curves(column: str, label: str, scale: Callable[[Axes], None]) -> Draw:
    """Return what draws a line an architecture, the mean over the seeds, with a band from lowest to highest.

    `scale` sets the scale of the vertical axis.
    """

    def draw(axes: Axes, table: pd.DataFrame, looks: Looks) -> None:
        for name, rows in table.groupby("architecture", sort=False):
            look = looks[str(name)]
            shortest = rows.groupby("seed")["epoch"].max().min()  # early stopping: a mean is over all seeds or none
            by_epoch = rows[rows["epoch"] <= shortest].groupby("epoch")[column].agg(["mean", "min", "max"])
            axes.plot(
                by_epoch.index, by_epoch["mean"], color=look.colour, marker=look.mark, markersize=4,
                markevery=max(1, len(by_epoch) // 12), label=str(name),
            )  # fmt: skip
            axes.fill_between(
                by_epoch.index, by_epoch["min"], by_epoch["max"], color=look.colour, alpha=0.2, linewidth=0
            )
        axes.set(xlabel="epoch", ylabel=label)
        scale(axes)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid()
        axes.legend()

    return draw


def by_time(axes: Axes, table: pd.DataFrame, looks: Looks) -> None:
    """Draw the validation accuracy of each arm over the seconds of its training, in the colour of its architecture."""
    for name, rows in table.groupby("architecture", sort=False):
        look = looks[str(name)]
        for j, (_, arm) in enumerate(rows.groupby("seed", sort=False)):
            axes.plot(
                arm["seconds"], arm["val_accuracy"], color=look.colour, marker=look.mark, markersize=4,
                markevery=max(1, len(arm) // 12), alpha=0.8, label=f"_{j}" if j else str(name),
            )  # fmt: skip
    axes.set(xlabel="seconds of training", ylabel=ERRORS)
    by_errors(axes)
    axes.grid()
    axes.legend()


def bars(column: str, label: str, unit: str = "", extremes: bool = False) -> Draw:
    """Return what draws a bar an architecture from zero, with its value, and a whisker over the seeds' extremes."""

    def draw(axes: Axes, table: pd.DataFrame, looks: Looks) -> None:
        formatted = in_units(unit, 2)
        for row in table.to_dict("records"):
            low, high = (row[f"{column}_min"], row[f"{column}_max"]) if extremes else (row[column], row[column])
            look = looks[row["architecture"]]
            drawn = axes.bar(
                row["architecture"], row[column], color=look.colour, hatch=look.hatch, edgecolor=PAPER,
                yerr=[[row[column] - low], [high - row[column]]] if extremes else None, ecolor=INK, capsize=5,
            )  # fmt: skip
            axes.bar_label(drawn, [formatted(row[column])], padding=3)
        axes.set_ylabel(label)
        axes.yaxis.set_major_formatter(in_units(unit))
        axes.margins(y=0.12)
        axes.tick_params(axis="x", labelrotation=0 if len(table) < 5 else 30)

    return draw


def shares(axes: Axes, table: pd.DataFrame, looks: Looks) -> None:
    """Draw, for each measure of a training step, a bar an architecture, from zero."""
    measures, names = list(table["measure"].unique()), list(table["architecture"].unique())
    width = 0.8 / len(names)
    for i, name in enumerate(names):
        values = table[table["architecture"] == name].set_index("measure")["share"]
        places = [j + (i - (len(names) - 1) / 2) * width for j in range(len(measures))]
        drawn = axes.bar(
            places, [values[measure] for measure in measures], width, color=looks[name].colour,
            hatch=looks[name].hatch, edgecolor=PAPER, label=name,
        )  # fmt: skip
        axes.bar_label(drawn, fmt="%.2f", padding=2, fontsize=8)
    axes.set_xticks(
        range(len(measures)),
        [measure.replace(" of ", "\nof ").replace(" by ", "\nby ") for measure in measures],
        fontsize=8,
    )
    axes.set_ylabel("ratio to the first architecture")
    axes.margins(y=0.12)
    axes.legend()


def undrawn(operations: pd.DataFrame) -> str:
    """Return what the caption of `stacked` says where a time is below zero, if any is."""
    names = operations.loc[operations["seconds"] < 0, "architecture"].unique()
    return f"in {listed(names)} the parts alone take longer than the step" if len(names) else ""


def stacked(axes: Axes, table: pd.DataFrame, _: Looks) -> None:
    """Draw a bar an architecture, stacked by operation; what is below zero is left out.

    A line across each bar is the sum of all, which is the step. An operation's colour depends on its place in the
    table, so it is the same for every width.
    """
    names, places = list(table["architecture"].unique()), list(table["operation"].unique())
    sums = 1e3 * table.groupby("architecture")["seconds"].sum()
    table = table[table["seconds"] > 0]
    below = dict.fromkeys(names, 0.0)
    largest = table.groupby("operation", sort=False)["seconds"].max()
    least = 0.02 * table.groupby("architecture")["seconds"].sum().max()
    operations, rest = list(largest.index), list(largest.index[largest < least])
    named = [operation for operation in operations if operation not in rest]
    for operation in [*named, "all else"] if rest else named:
        rows = table[table["operation"].isin(rest) if operation == "all else" else table["operation"] == operation]
        values = 1e3 * rows.groupby("architecture")["seconds"].sum().reindex(names).fillna(0.0)
        turn, i = divmod(places.index(operation) if operation in places else 0, len(OPERATIONS))
        axes.bar(
            names, values, 0.6, bottom=[below[name] for name in names], color=REMAINDERS.get(operation, OPERATIONS[i]),
            hatch=HATCHES[(i + turn) % len(HATCHES)], edgecolor=PAPER, label=operation,
        )  # fmt: skip
        for name in names:
            if values[name] > 1e3 * 2 * least:
                axes.text(
                    names.index(name), below[name] + values[name] / 2, digits(values[name]), ha="center",
                    va="center", fontsize=8, bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1},
                )  # fmt: skip
            below[name] += values[name]
    left, right = ([i + side for i in range(len(names))] for side in (-0.4, 0.4))
    axes.hlines(sums[names], left, right, color=INK, label="the whole step")
    axes.set_ylabel("ms")
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
