"""The figures of the report, drawn for colour-blind people and for print."""

import io
from collections.abc import Callable, Iterator, Mapping
from itertools import chain

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, MaxNLocator

from dscnn.reporting import breakeven_figure
from dscnn.reporting.palette import COLOURS, HATCHES, MARKS
from dscnn.reporting.waterfall_figure import waterfall

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


def figure(table: pd.DataFrame, title: str, note: str, draw: Panel) -> bytes:
    """Return a PNG with a panel for each data set and width of `table`; `note` says what the marks mean.

    Where an axis varies, it has the panels of `breakeven_figure`, which are smaller. Where there is nothing to draw,
    such as differences of a single architecture, the picture says so.
    """
    if "axis" in table:
        grid, size = breakeven_figure.panels(table), (4.8, 3.3)
    else:
        groups = table.groupby(["dataset", "width"], sort=False)
        grid, size = [[(f"{dataset}, width {width}", rows) for (dataset, width), rows in groups]], (6.4, 4.4)
    rows, columns = len(grid), max(1, len(grid[0]))
    canvas, axes = plt.subplots(
        rows, columns, figsize=(size[0] * columns, size[1] * rows), dpi=110, squeeze=False, layout="constrained"
    )
    if not grid[0]:
        axes[0, 0].set_axis_off()
        axes[0, 0].text(0.5, 0.5, "nothing to show: params.yaml names a single architecture", ha="center")
    for panel, (name, own) in zip(axes.flat, chain(*grid), strict=bool(grid[0])):
        panel.set_title(f"{name}{note}", fontsize=9)
        draw(panel, own)
    canvas.suptitle(title, fontsize=12)
    picture = io.BytesIO()
    canvas.savefig(picture, format="png", metadata={"Software": None})
    plt.close(canvas)
    return picture.getvalue()


SEEDS = "; mean over the seeds, band from lowest to highest"
TIMES = "; median over the seeds, whisker from lowest to highest"
FIGURES: dict[str, tuple[str, str, str, Panel]] = {
    "val_loss": ("Validation loss by epoch", "epochs", SEEDS, curves("val_loss", "cross-entropy (nats)", "log")),
    "val_accuracy": ("Validation accuracy by epoch", "epochs", SEEDS, curves("val_accuracy", "accuracy")),
    "accuracy_by_time": (
        "Validation accuracy by time",
        "epochs",
        "; a line for each training run",
        by_time("val_accuracy", "accuracy"),
    ),
    "parameters": ("Parameters, trainable or not", "networks", "", bars("parameters", "parameters")),
    "train_time": ("Train time", "networks", TIMES, bars("train_seconds", "seconds", "s", extremes=True)),
    "flops": ("FLOPs of one image, forward", "networks", "", bars("flops", "FLOPs")),
    "cost_and_time": (
        "What a training step costs, and what it takes",
        "relative",
        "; shares of the first architecture's",
        shares("share", "share"),
    ),
    "decomposition": (
        "From one training step to the other",
        "decomposition",
        "; 95% intervals",
        waterfall,
    ),
    "time_by_operation": (
        "Where the time of a training step goes",
        "operations",
        "; layers timed alone, forward and backward",
        stacked("seconds", "ms"),
    ),
    "break_even": (
        "From where on which architecture is faster",
        "breakeven",
        "; band: 95% interval",
        breakeven_figure.ratios,
    ),
}


def draw_all(tables: Mapping[str, pd.DataFrame], on_test: bool) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the PNG of each figure, from compare's tables by name.

    `on_test`: the validation split is the test split.
    """
    for name, (title, source, note, draw) in FIGURES.items():
        shown = f"{title} (on the test split)" if on_test and source == "epochs" else title
        yield name, figure(tables[source], shown, note, draw)
