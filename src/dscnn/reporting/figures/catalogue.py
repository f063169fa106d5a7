"""The figures of the report: which there are, from which table, and how each is drawn."""

import io
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure as Canvas

from dscnn.reporting.figures import accuracy, breakeven, classes, disagreements, places, style
from dscnn.reporting.figures.panels import (
    ERRORS,
    Draw,
    bars,
    by_errors,
    by_time,
    curves,
    logarithmic,
    shares,
    stacked,
    undrawn,
)
from dscnn.reporting.figures.places import Grid, Panel
from dscnn.reporting.figures.style import Looks
from dscnn.reporting.figures.waterfall import waterfall


class Figure(NamedTuple):
    """A figure: its title, the table of stage compare that it shows, what its marks mean, and how it is drawn."""

    title: str
    source: str
    note: str
    draw: Draw
    split: Callable[[pd.DataFrame], Grid] = places.by_width
    size: tuple[float, float] = (6.4, 4.4)  # of a panel, inches
    remark: Callable[[pd.DataFrame], str] = lambda _: ""  # on what a panel leaves out, if it does

    def caption(self, panel: Panel) -> str:
        """Return what stands over `panel`."""
        return "; ".join(filter(None, (panel.title, self.note, self.remark(panel.rows))))


MEAN = "mean over the seeds with its 95% interval"
FRONT = f"{MEAN}; dotted: the Pareto front"
SEEDS = "mean over the seeds, band from lowest to highest"
TIMES = "median over the seeds, whisker from lowest to highest"
COLUMNS = 3  # panels side by side at most: more are too small to read where a page is as wide as its text
PER_INCH, LABELS = 13.2, 0.6  # characters of a panel's title; inches that labels at the side move it by
NOTHING = "nothing to show: params.yaml names a single architecture, or leaves this out"


def _against(
    title: str,
    column: str,
    label: str,
    unit: str = "",
    scale: float = 1.0,
    ends: str = "",
    remark: Callable[[pd.DataFrame], str] = lambda _: "",
) -> Figure:
    draw = accuracy.against(column, label, unit, scale, ends)
    return Figure(f"Test accuracy against {title}", "networks", FRONT, draw, places.by_dataset, remark=remark)


def _by(networks: pd.DataFrame) -> str:
    """Return by what the time for one image of `networks` was measured, and what its horizontal line is."""
    (by,) = networks["image_by"].unique()
    return f"by {by}; horizontal: 95% interval over the rounds"


FIGURES: dict[str, Figure] = {
    "accuracy": Figure("Test accuracy of every seed", "arms", MEAN, accuracy.seeds),
    "accuracy_by_macs": _against("multiply-adds", "macs", "multiply-adds of one image, forward"),
    "accuracy_by_train_time": _against(
        "train time", "train_seconds", "train time", "s", 1.0, "min max", lambda _: "horizontal: lowest to highest seed"
    ),
    "accuracy_by_parameters": _against("parameters", "parameters", "parameters"),
    "accuracy_by_latency": _against(
        "the time for one image", "image_ms", "time for one image", "s", 1e-3, "low high", _by
    ),
    "val_loss": Figure(
        "Validation loss by epoch", "epochs", SEEDS, curves("val_loss", "cross-entropy (nats)", logarithmic)
    ),
    "val_accuracy": Figure("Validation accuracy by epoch", "epochs", SEEDS, curves("val_accuracy", ERRORS, by_errors)),
    "accuracy_by_time": Figure("Validation accuracy by time", "epochs", "a line for each training run", by_time),
    "parameters": Figure("Parameters, trainable or not", "networks", "", bars("parameters", "parameters")),
    "train_time": Figure("Train time", "networks", TIMES, bars("train_seconds", "seconds", "s", extremes=True)),
    "flops": Figure("FLOPs of one image, forward", "networks", "", bars("flops", "FLOPs")),
    "cost_and_time": Figure(
        "A training step: what is counted, and its time",
        "relative",
        "ratios to the first architecture",
        shares,
    ),
    "decomposition": Figure("From one training step to the other", "decomposition", "95% intervals", waterfall),
    "time_by_operation": Figure(
        "Where the time of a training step goes",
        "operations",
        "layers timed alone, forward and backward; line: the whole step",
        stacked,
        remark=undrawn,
    ),
    "break_even": Figure(
        "Time against the first architecture",
        "breakeven",
        "error bar: 95% interval; lines stand a little apart",
        breakeven.ratios,
        breakeven.panels,
        (4.8, 3.9),
    ),
    "classes": Figure("Test accuracy by class", "confusion", "mean over the seeds", classes.recognised),
    "confusion": Figure(
        "What is taken for what",
        "confusion",
        "percent of the images of a class, mean over the seeds",
        classes.mistaken,
        places.by_network,
        (4.8, 4.8),
    ),
    "disagreements": Figure(
        "Test images that most runs of one have right, and most of the other wrong",
        "disagreements",
        "class → taken for; in how many runs each has it right",
        disagreements.sheet,
        places.by_network,
        (6.4, 4.0),
    ),
}


def png(figure: Figure, table: pd.DataFrame, looks: Looks, title: str) -> bytes:
    """Return a PNG of all panels of `table`; if there are none, the picture says so."""
    rows = [row[i : i + COLUMNS] for row in figure.split(table) for i in range(0, len(row), COLUMNS)]
    grid = rows or [[Panel((), "", table)]]
    columns = max(map(len, grid))
    with style.applied():
        canvas, axes = plt.subplots(
            len(grid), columns, figsize=(figure.size[0] * columns, figure.size[1] * len(grid)), dpi=110,
            squeeze=False, layout="constrained",
        )  # fmt: skip
        for own, row in zip(axes, grid, strict=True):
            for place in own[len(row) :]:
                place.set_axis_off()
            for place, panel in zip(own, row, strict=False):
                if panel.rows.empty and not panel.place:
                    place.set_axis_off()
                    place.text(0.5, 0.5, NOTHING, ha="center", fontsize=8)
                    continue
                wide = round((figure.size[0] - LABELS) * PER_INCH)
                place.set_title(textwrap.fill(figure.caption(panel), wide), fontsize=9)
                figure.draw(place, panel.rows, looks)
        canvas.suptitle(title, fontsize=12)
        return _saved(canvas, "png")


def svgs(name: str, table: pd.DataFrame, looks: Looks) -> Iterator[tuple[Panel, str]]:
    """Yield each panel of the figure `name` with its drawing, to stand inline in a page."""
    figure = FIGURES[name]
    panels = [panel for row in figure.split(table) for panel in row if not panel.rows.empty]
    for i, panel in enumerate(panels):
        with style.applied():
            canvas, axes = plt.subplots(figsize=(0.8 * figure.size[0], 0.8 * figure.size[1]), layout="constrained")
            figure.draw(axes, panel.rows, looks)
            yield panel, style.inline(_saved(canvas, "svg").decode(), f"{name}{i}")


def titled(figure: Figure, on_test: bool) -> str:
    """Return the title; `on_test`: the validation split is the test split."""
    return f"{figure.title} (on the test split)" if on_test and figure.source == "epochs" else figure.title


def draw_all(tables: Mapping[str, pd.DataFrame], looks: Looks, on_test: bool) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the PNG of each figure, from compare's tables by name."""
    for name, figure in FIGURES.items():
        yield name, png(figure, tables[figure.source], looks, titled(figure, on_test))


def _saved(canvas: Canvas, form: str) -> bytes:
    """Return the picture without its date, so that the same tables give the same bytes."""
    picture = io.BytesIO()
    canvas.savefig(picture, format=form, metadata={"Software": None} if form == "png" else {"Date": None})
    plt.close(canvas)
    return picture.getvalue()
