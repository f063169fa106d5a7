"""The figures of the report: which there are, and how panels are put together."""

import io
from collections.abc import Hashable, Iterator, Mapping
from itertools import chain

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd

from dscnn.reporting.figures import accuracy, breakeven
from dscnn.reporting.figures.panels import Panel, bars, by_time, curves, shares, stacked
from dscnn.reporting.figures.waterfall import waterfall


def figure(table: pd.DataFrame, title: str, note: str, draw: Panel, across: bool = False) -> bytes:
    """Return a PNG with a panel for each data set and width of `table`; `note` says what the marks mean.

    `across`: a panel has all widths of a data set.

    Where an axis varies, it has the panels of `breakeven`, which are smaller. Where there is nothing to draw,
    such as differences of a single architecture, the picture says so.
    """
    if "axis" in table:
        grid, size = breakeven.panels(table), (4.8, 3.3)
    else:
        widths = table.groupby(["dataset"], sort=False) if across else table.groupby(["dataset", "width"], sort=False)
        grid, size = [[(_place(key), rows) for key, rows in widths]], (6.4, 4.4)
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


def _place(key: tuple[Hashable, ...]) -> str:
    return ", width ".join(map(str, key))


SEEDS = "; mean over the seeds, band from lowest to highest"
TIMES = "; median over the seeds, whisker from lowest to highest"
MEAN = "; mean over the seeds with its 95% interval"
FIGURES: dict[str, tuple[str, str, str, Panel]] = {
    "accuracy": ("Test accuracy of every seed", "arms", MEAN, accuracy.seeds),
    "accuracy_by_macs": (
        "Test accuracy against multiply-adds",
        "networks",
        MEAN,
        accuracy.against("macs", "multiply-adds of one image, forward"),
    ),
    "accuracy_by_train_time": (
        "Test accuracy against train time",
        "networks",
        MEAN,
        accuracy.against("train_seconds", "train time", "s"),
    ),
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
        breakeven.ratios,
    ),
}


ACROSS = ("accuracy_by_macs", "accuracy_by_train_time")  # figures in whose panels the width varies


def draw_all(tables: Mapping[str, pd.DataFrame], on_test: bool) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the PNG of each figure, from compare's tables by name.

    `on_test`: the validation split is the test split.
    """
    for name, (title, source, note, draw) in FIGURES.items():
        shown = f"{title} (on the test split)" if on_test and source == "epochs" else title
        yield name, figure(tables[source], shown, note, draw, across=name in ACROSS)
