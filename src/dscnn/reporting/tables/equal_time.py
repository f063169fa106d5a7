"""Architectures at equal training time, from the curves: the validation accuracy that each has by then.

The model that a run has at a time is that of the last epoch finished by then, so its accuracy is a step function of
time. Nothing is said of times after the end of the quickest architecture's slowest run.
"""

from typing import Any

import numpy as np
import pandas as pd

from dscnn.core.files import significant
from dscnn.reporting.tables.networks import NET
from dscnn.statistics import runs
from dscnn.statistics.comparisons import Compared, alone, corrected
from dscnn.statistics.difference import UNKNOWN, Difference

SHARES = (0.25, 0.5, 1.0)  # of the time in which the quickest architecture's slowest run ends
COLUMNS = [
    *NET, "at", "seeds", "finished", "val_accuracy", "accuracy_mean_low", "accuracy_mean_high", "base", "difference",
    "low", "high", "p", "verdict", "within_margin",
]  # fmt: skip


def table(epochs: pd.DataFrame, margin: float) -> pd.DataFrame:
    """Return a row for each architecture and each time `at`, in seconds of training.

    `finished`: how many of the runs (`seeds`) have finished an epoch by then; the others have no accuracy, and are in
    no mean. `val_accuracy` is the mean with its interval, `difference` that mean less the one of the first
    architecture, `base`, whose own row has none. `p` is that of Welch's t test, corrected by Holm within a time.
    """
    rows: list[dict[str, Any]] = []
    for (dataset, width), own in epochs.groupby(NET[:2], sort=False):
        names = [str(name) for name in own["architecture"].unique()]
        ends = own.groupby(["architecture", "seed"])["seconds"].max()
        whole = float(ends.groupby("architecture").max().min())
        for at in (share * whole for share in SHARES):
            reached = {name: accuracies(own[own["architecture"] == name], at) for name in names}
            seeds = {name: own.loc[own["architecture"] == name, "seed"].nunique() for name in names}
            base, *others = names
            found = [alone(_difference(reached[base], reached[name]), margin) for name in others]
            compared = dict(zip(others, corrected(found), strict=True))
            for name in names:
                mean = float(reached[name].mean()) if len(reached[name]) else UNKNOWN
                low, high = runs.mean_interval(reached[name])
                rows.append(
                    dict(zip(NET, (dataset, width, name), strict=True))
                    | {
                        "at": significant(at),
                        "seeds": seeds[name],
                        "finished": len(reached[name]),
                        "val_accuracy": significant(mean),
                        "accuracy_mean_low": significant(low),
                        "accuracy_mean_high": significant(high),
                    }
                    | _against(base, compared.get(name, alone(Difference(UNKNOWN), margin)))
                )
    return pd.DataFrame(rows, columns=COLUMNS)


def accuracies(epochs: pd.DataFrame, at: float) -> np.ndarray:
    """Return the validation accuracy after the last epoch finished by `at`, of each run that has finished one."""
    finished = epochs[epochs["seconds"] <= at]
    return finished.groupby("seed", sort=False)["val_accuracy"].last().to_numpy(dtype=float)


def _difference(first: np.ndarray, second: np.ndarray) -> Difference:
    return runs.difference(first, second) if len(first) and len(second) else Difference(UNKNOWN)


def _against(base: str, found: Compared) -> dict[str, Any]:
    return {
        "base": base,
        "difference": significant(found.value),
        "low": significant(found.low),
        "high": significant(found.high),
        "p": significant(found.p),
        "verdict": found.verdict,
        "within_margin": found.within,
    }
