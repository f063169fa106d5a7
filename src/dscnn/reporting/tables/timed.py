"""Which train times count: of arms that did not share their machine, and of one kind of machine."""

import pandas as pd

from dscnn.reporting.tables.arms import ENVIRONMENT

BESIDE = 0.25  # processors used by other processes, in the mean; above it an arm shared its machine


def counted(arms: pd.DataFrame) -> "pd.Series[bool]":
    """Return, for each arm, whether its train time counts among those of its data set and width.

    Those beside other processes do not, if every architecture has one that ran alone. Where an architecture has none
    alone, all times of that data set and width count, so that like is compared with like. Of several kinds of machine,
    the one with the most arms counts, if every architecture has an arm there.
    """
    kept = [_counted(group) for _, group in arms.groupby(["dataset", "width"], sort=False)]
    return arms.index.to_series().isin(pd.concat(kept).index)


def _counted(group: pd.DataFrame) -> pd.DataFrame:
    def complete(some: pd.DataFrame) -> bool:
        return some["architecture"].nunique() == group["architecture"].nunique()

    alone = group[group["other_processors"] <= BESIDE]
    kept = alone if complete(alone) else group
    kinds = [own for _, own in kept.groupby(ENVIRONMENT, sort=False) if complete(own)]
    return max(kinds, key=len, default=kept)
