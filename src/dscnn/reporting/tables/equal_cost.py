"""Two architectures at equal cost: the accuracy of one at each cost that a network of the other has.

At equal width a separable network is smaller and cheaper, so it is compared here where it costs the same. Its accuracy
there is interpolated between two of its widths, on a straight line over the logarithm of the cost, for each seed that
both have by itself. Nothing is said outside the costs that were measured, nor where a measured cost does not rise from
each width to the next: there the accuracy is no function of the cost.
"""

from collections.abc import Iterator
from itertools import groupby, permutations

import numpy as np
import pandas as pd

from dscnn.core.files import significant
from dscnn.reporting.tables.networks import by_rising_width
from dscnn.statistics import runs
from dscnn.statistics.comparisons import alone, corrected

COSTS = ("macs", "parameters", "train_seconds", "image_ms")
COLUMNS = [
    "dataset", "cost", "base", "base_width", "architecture", "at", "difference", "low", "high", "p", "verdict",
    "within_margin", "seeds", "base_seeds",
]  # fmt: skip


def table(networks: pd.DataFrame, arms: pd.DataFrame, margin: float) -> pd.DataFrame:
    """Return a row for each cost, each network and each other architecture that has networks on both sides of it.

    `difference` is the accuracy of `architecture` at the cost `at`, less that of `base` at `base_width`; chance is over
    seeds (Welch's t test). `p` is corrected by Holm for the comparisons with one `base` at one cost: the page shows
    those with the first. A network of that very cost is not interpolated.
    """
    rows = []
    for dataset, own in networks.groupby("dataset", sort=False):
        accuracies = {
            (str(name), str(width)): each.set_index("seed")["accuracy"]
            for (name, width), each in arms[arms["dataset"] == dataset].groupby(["architecture", "width"], sort=False)
        }
        for cost in COSTS:
            for base, group in groupby(_compared(own, accuracies, cost), lambda each: each[0][0]):
                places = [*group]
                found = corrected(
                    [alone(runs.difference(accuracies[place[:2]].to_numpy(), other), margin) for place, other in places]
                )
                for ((_, width, name, at), other), each in zip(places, found, strict=True):
                    figures = [significant(value) for value in (at, each.value, each.low, each.high, each.p)]
                    counts = [len(other), len(accuracies[base, width])]
                    rows.append([dataset, cost, base, width, name, *figures, each.verdict, each.within, *counts])
    return pd.DataFrame(rows, columns=COLUMNS)


def _compared(
    own: pd.DataFrame, accuracies: dict[tuple[str, str], "pd.Series[float]"], cost: str
) -> Iterator[tuple[tuple[str, str, str, float], np.ndarray]]:
    """Yield base, its width, the other architecture, the cost; and the other's accuracy there, of each seed.

    Where no seed has both of the other's widths around that cost, there is none.
    """
    by_name = {str(name): by_rising_width(rows) for name, rows in own.groupby("architecture", sort=False)}
    for base, name in permutations(by_name, 2):
        other = by_name[name]
        logarithms = np.log(other[cost].to_numpy(dtype=float))
        curves = [accuracies[name, width] for width in other["width"]]
        for row in by_name[base].to_dict("records"):
            at = float(np.log(row[cost]))
            if len(other) > 1 and (np.diff(logarithms) > 0).all() and logarithms[0] <= at <= logarithms[-1]:
                upper = int(np.searchsorted(logarithms, at))
                around = slice(upper if logarithms[upper] == at else upper - 1, upper + 1)
                seeds = pd.concat(curves[around], axis=1, join="inner").to_numpy()  # (seeds, one or two widths)
                there = np.array([np.interp(at, logarithms[around], accuracy) for accuracy in seeds])
                if len(there):
                    yield (base, row["width"], name, row[cost]), there


def front(networks: pd.DataFrame, cost: str) -> pd.DataFrame:
    """Return the rows of the Pareto front by rising cost: those that no cheaper, or as cheap, network is as good as."""
    ordered = networks.sort_values([cost, "accuracy"], ascending=[True, False], kind="stable")
    before = ordered["accuracy"].cummax().shift(fill_value=float("-inf"))
    best: pd.DataFrame = ordered[ordered["accuracy"] > before]
    return best
