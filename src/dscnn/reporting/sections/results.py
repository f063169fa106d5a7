"""The report's tables of results: networks, arms, and how soon an accuracy was reached."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.tables.differences import RUNS
from dscnn.reporting.tables.measures import MEASURES

LEVELS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.82, 0.84, 0.86, 0.88, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99)
SHOWN = 4  # of them, the highest that a run reached
ROUNDING = 1e-6  # of accuracies, which Keras computes in float32: 384 of 400 are a little less than 0.96
CONVENTION = (
    "Accuracy and loss (nats) are on the test images, the mean over the seeds; train time and trained images/s are the"
    " median of the seeds. Multiply-adds and FLOPs are of one image, at inference."
)


def heading(name: str, plain: str, on_test: bool) -> str:
    """Return the heading of a column; that of the accuracy tells when it was seen during training."""
    return f"{plain} (test is validation)" if name == "accuracy" and on_test else plain


def result_table(networks: pd.DataFrame, on_test: bool) -> str:
    """Return the measures of each architecture; `on_test`: the validation split is the test split."""
    shown = [measure for measure in MEASURES if measure.heading]
    header = [""]
    for measure in shown:
        header.append(heading(measure.name, str(measure.heading), on_test))
        if measure.name == "accuracy":
            header.append("lowest to highest")
    rows = []
    for row in text.records(networks):
        cells = [row["architecture"]]
        for measure in shown:
            cells.append(measure.form(row[measure.name]))
            if measure.name == "accuracy":
                ends = (measure.form(row[f"accuracy_{end}"]) for end in ("min", "max"))
                cells.append(" to ".join(ends))
        rows.append(cells)
    return text.table(header, rows)


def relative_table(networks: pd.DataFrame, differences: pd.DataFrame, on_test: bool) -> str:
    """Return each architecture's accuracy in points, and its costs as a fraction, of the first one's.

    The points are those of `differences` (`dscnn.reporting.tables.differences`), as in the sentences on accuracy: the
    accuracies of `networks` have four decimals, so theirs can differ by 0.01 from these.
    """
    rows = text.records(networks)
    base = rows[0]
    own = differences[(differences["population"] == RUNS) & (differences["base"] == base["architecture"])]
    more = {base["architecture"]: 0.0} | dict(zip(own["architecture"], own["difference"], strict=True))
    costs = ["parameters", "macs", "flops", "train_seconds"]
    headings = {measure.name: str(measure.heading) for measure in MEASURES}
    header = [
        f"against {base['architecture']}",
        heading("accuracy", headings["accuracy"], on_test),
        *(headings[cost] for cost in costs),
    ]
    return text.table(
        header,
        [
            [row["architecture"], f"{100 * more[row['architecture']]:+.2f} points"]
            + [f"{row[cost] / base[cost]:.3f}x" for cost in costs]
            for row in rows
        ],
    )


def arm_table(arms: pd.DataFrame, on_test: bool) -> str:
    """Return the measures that each arm has; and where it ran, and whether its time counts, where that differs."""
    shown = [measure for measure in MEASURES if measure.by_seed and measure.heading]
    machines = [name for name in ("device", "processor") if arms[name].nunique() > 1]
    some = [] if arms["timed"].all() else ["time counts"]
    return text.table(
        ["architecture", "seed", *(heading(measure.name, str(measure.heading), on_test) for measure in shown),
         *machines, *some],
        [
            [
                row["architecture"],
                str(row["seed"]),
                *(measure.form(row[measure.name]) for measure in shown),
                *(str(row[name]) for name in machines),
                *("yes" if row["timed"] else "no" for _ in some),
            ]
            for row in text.records(arms)
        ],
    )  # fmt: skip


def reached_table(epochs: pd.DataFrame) -> str:
    """Return when each architecture first had a validation accuracy: median epoch over all of its seeds, and seconds.

    The seconds are of the seeds whose train times count.

    A run that never had it counts as later than all others, so the median is "not reached" if half of them or more
    never had it. The columns are the highest levels that a run reached.
    """
    best = epochs["val_accuracy"].max()
    columns = [level for level in LEVELS if level <= best + ROUNDING][-SHOWN:]
    if not columns:
        return f"No run had a validation accuracy of {LEVELS[0]:g}, the lowest level whose epoch would be shown."
    rows = [
        [str(name), *(_reached(own, level) for level in columns)]
        for name, own in epochs.groupby("architecture", sort=False)
    ]
    made = text.table(["median epoch / time to validation accuracy", *(f"{level:g}" for level in columns)], rows)
    return "\n\n".join([made, *_some(cell for _, *cells in rows for cell in cells)])


def _some(cells: Iterable[str]) -> list[str]:
    """Return what a count in the cells means, with the first one as an example; nothing where there is none."""
    count = next((found[0] for cell in cells if (found := re.search(r"\(\d+ of \d+\)$", cell))), None)
    if count is None:
        return []
    return [
        f"{count}: so many runs reached it. The median counts the others as later than all, so it is *not reached* if"
        " half or more did not."
    ]


def _reached(epochs: pd.DataFrame, level: float) -> str:
    """Return the cell of one architecture: its median, and how many of its seeds reached `level` if not all did."""
    seeds = epochs["seed"].unique()
    first = epochs[epochs["val_accuracy"] >= level - ROUNDING].groupby("seed")[["epoch", "seconds"]].first()
    timed = epochs.loc[epochs["seconds"].notna(), "seed"].unique()
    epoch = first["epoch"].reindex(seeds).fillna(np.inf).median()
    seconds = first["seconds"].reindex(timed).fillna(np.inf).median()
    time = f" / {text.digits(seconds)} s" if np.isfinite(seconds) else ""
    said = "not reached" if np.isinf(epoch) else f"{epoch:g}{time}"
    return said + (f" ({len(first)} of {len(seeds)})" if 0 < len(first) < len(seeds) else "")


def probabilities(networks: pd.DataFrame) -> list[str]:
    """Return how good the predicted probabilities are, by architecture."""
    rows = [
        [row["architecture"], *(f"{row[name]:.4f}" for name in ("loss", "brier", "calibration_error"))]
        for row in text.records(networks)
    ]
    return [
        text.table(["probabilities", "loss, nats", "Brier score, 0 to 2", "calibration error"], rows),
        "Means over the seeds, on the test images; less is better. *Calibration error* is the distance of the accuracy"
        " from the probability of the predicted class, in 15 bins of that probability.",
    ]
