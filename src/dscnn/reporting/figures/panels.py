"""Panels of the report's figures, drawn for colour-blind people and for print."""

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, MaxNLocator

from dscnn.reporting.figures.style import COLOURS, HATCHES, MARKS

Panel = Callable[[Axes, pd.DataFrame], None]


def curves(column: str, label: str, scale: str = "linear") -> Panel:
    """Return what draws a line an architecture, the mean over the seeds, with a band from lowest to highest."""

    def draw(axes: Axes, table: pd.DataFrame) -> None:
        for i, (architecture, rows) in enumerate(table.groupby("architecture", sort=False)):
            shortest = rows.groupby("seed")["epoch"].max().min()  # early stopping: a mean is over all seeds or none
            by_epoch = rows[rows["epoch"] <= shortest].groupby("epoch")[column].agg(["mean", "min", "max"])
            colour = COLOURS[i % len(COLOURS)]
            axes.plot(
                by_epoch.index, by_epoch["mean"], color=colour, marker=MARKS[i % len(MARKS)], markersize=4,
                markevery=max(1, len(by_epoch) // 12), label=str(architecture),
            )  # fmt: skip
            axes.fill_between(by_epoch.index, by_epoch["min"], by_epoch["max"], color=colour, alpha=0.2, linewidth=0)
        axes.set(xlabel="epoch", ylabel=label, yscale=scale)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()

    return draw


def by_time(column: str, label: str) -> Panel:
    """Return what draws a line an arm over the seconds of its training, in the colour of its architecture."""

    def draw(axes: Axes, table: pd.DataFrame) -> None:
        for i, (architecture, rows) in enumerate(table.groupby("architecture", sort=False)):
            for j, (_, arm) in enumerate(rows.groupby("seed", sort=False)):
                axes.plot(
                    arm["seconds"], arm[column], color=COLOURS[i % len(COLOURS)], marker=MARKS[i % len(MARKS)],
                    markersize=4, markevery=max(1, len(arm) // 12), alpha=0.8, label=f"_{j}" if j else architecture,
                )  # fmt: skip
        axes.set(xlabel="seconds of training", ylabel=label)
        axes.grid(alpha=0.3)
        axes.legend()

    return draw


def bars(column: str, label: str, unit: str = "", extremes: bool = False) -> Panel:
    """Return what draws a bar an architecture from zero, with its value, and a whisker over the seeds' extremes."""

    def draw(axes: Axes, table: pd.DataFrame) -> None:
        formatted = EngFormatter(unit=unit, places=2, sep=" ")
        for i, row in enumerate(table.to_dict("records")):
            low, high = (row[f"{column}_low"], row[f"{column}_high"]) if extremes else (row[column], row[column])
            drawn = axes.bar(
                row["architecture"], row[column], color=COLOURS[i % len(COLOURS)], hatch=HATCHES[i % len(HATCHES)],
                edgecolor="white", yerr=[[row[column] - low], [high - row[column]]] if extremes else None, capsize=5,
            )  # fmt: skip
            axes.bar_label(drawn, [formatted(row[column])], padding=3)
        axes.set_ylabel(label)
        axes.yaxis.set_major_formatter(EngFormatter(unit=unit, sep=" "))
        axes.margins(y=0.12)
        axes.tick_params(axis="x", labelrotation=0 if len(table) < 5 else 30)

    return draw


def shares(column: str, label: str) -> Panel:
    """Return what draws, for each measure, a bar an architecture, from zero."""

    def draw(axes: Axes, table: pd.DataFrame) -> None:
        measures, names = list(table["measure"].unique()), list(table["architecture"].unique())
        width = 0.8 / len(names)
        for i, name in enumerate(names):
            values = table[table["architecture"] == name].set_index("measure")[column]
            places = [j + (i - (len(names) - 1) / 2) * width for j in range(len(measures))]
            drawn = axes.bar(
                places, [values[measure] for measure in measures], width, color=COLOURS[i % len(COLOURS)],
                hatch=HATCHES[i % len(HATCHES)], edgecolor="white", label=name,
            )  # fmt: skip
            axes.bar_label(drawn, fmt="%.2f", padding=2, fontsize=8)
        axes.set_xticks(
            range(len(measures)),
            [measure.replace(" of ", "\nof ").replace(" by ", "\nby ") for measure in measures],
            fontsize=8,
        )
        axes.set_ylabel(label)
        axes.margins(y=0.12)
        axes.legend()

    return draw


def stacked(column: str, label: str) -> Panel:
    """Return what draws a bar an architecture, stacked by operation; what is below zero is left out."""

    def draw(axes: Axes, table: pd.DataFrame) -> None:
        names = list(table["architecture"].unique())
        table = table[table[column] > 0]
        below = dict.fromkeys(names, 0.0)
        largest = table.groupby("operation", sort=False)[column].max()
        least = 0.02 * table.groupby("architecture")[column].sum().max()
        operations, rest = list(largest.index), list(largest.index[largest < least])
        for i, operation in enumerate([*(operation for operation in operations if operation not in rest), "all else"]):
            rows = table[table["operation"].isin(rest) if operation == "all else" else table["operation"] == operation]
            values = 1e3 * rows.groupby("architecture")[column].sum().reindex(names).fillna(0.0)
            axes.bar(
                names, values, 0.6, bottom=[below[name] for name in names], color=COLOURS[i % len(COLOURS)],
                hatch=HATCHES[(i + i // len(COLOURS)) % len(HATCHES)], edgecolor="white", label=operation,
            )  # fmt: skip
            for name in names:
                if values[name] > 1e3 * 2 * least:
                    axes.text(
                        names.index(name), below[name] + values[name] / 2, f"{values[name]:.3g}", ha="center",
                        va="center", fontsize=8, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
                    )  # fmt: skip
                below[name] += values[name]
        axes.set_ylabel(label)
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(handles[::-1], labels[::-1], fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))

    return draw
