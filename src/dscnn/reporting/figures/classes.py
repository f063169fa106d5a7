"""The figures of classes: how often each is recognised, and what it is taken for otherwise."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from dscnn.reporting.figures.style import Looks
from dscnn.reporting.tables.classes import by_class

APART = 0.2  # of two architectures, where classes are 1 apart
NUMBERED = 12  # classes; in a matrix of more, numbers and most names would not fit


def recognised(axes: Axes, confusion: pd.DataFrame, looks: Looks) -> None:
    """Draw each architecture's accuracy on each class in percent; of many classes, those where they differ most."""
    shares = by_class(confusion)
    places = range(len(shares))
    axes.hlines(places, 100 * shares.min(axis=1), 100 * shares.max(axis=1), color="#999999", linewidth=2, zorder=1)
    for i, name in enumerate(shares.columns):
        look = looks[str(name)]
        apart = APART * (i - (len(shares.columns) - 1) / 2)  # so that equal accuracies do not hide each other
        axes.scatter(
            100 * shares[name],
            [place + apart for place in places],
            color=look.colour,
            marker=look.mark,
            label=str(name),
            s=36,
            zorder=2,
        )
    axes.set_yticks(places, list(shares.index))
    axes.invert_yaxis()
    axes.set_xlabel("test accuracy, %")
    axes.grid(axis="x")
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))


def mistaken(axes: Axes, confusion: pd.DataFrame, looks: Looks) -> None:
    """Draw one network's mistakes as a matrix of true and predicted classes: percent of the true class's images."""
    (name,) = confusion["architecture"].unique()
    classes = list(confusion["label"].unique())
    shares = 100 * confusion.pivot(index="label", columns="predicted", values="share").loc[classes, classes].fillna(0)
    errors = shares.to_numpy(copy=True)
    for i in range(len(classes)):
        errors[i, i] = 0.0
    strength = 0.8 * errors / max(errors.max(), 1e-9)
    axes.pcolormesh(errors, cmap=ListedColormap([looks[name].colour]), alpha=strength)
    few = len(classes) <= NUMBERED
    if few:
        for i, row in enumerate(errors):
            for j, error in enumerate(row):
                if error >= 0.05:
                    axes.text(j + 0.5, i + 0.5, f"{error:.1f}", ha="center", va="center", fontsize=7)
    ticks = [i + 0.5 for i in range(len(classes))][:: 1 if few else -(-len(classes) // NUMBERED)]
    named = [classes[int(tick)] for tick in ticks]
    axes.set_xticks(ticks, named, rotation=90 if max(map(len, named)) > 2 else 0)
    axes.set_yticks(ticks, named)
    axes.set(xlabel="predicted class", ylabel="true class", aspect="equal")
    axes.invert_yaxis()
