"""A row for each network: its measures over the seeds, and which of them a record keeps and `dvc metrics` shows."""

from typing import Any

import pandas as pd

from dscnn.core import files, paths
from dscnn.core.files import significant
from dscnn.core.paths import Arm
from dscnn.reporting.tables.measures import MEASURES
from dscnn.reporting.tables.readable import readable
from dscnn.statistics import runs

NET = ["dataset", "width", "architecture"]
Summary = dict[tuple[str, str, str], dict[str, float | int]]


def cost_table(experiment: list[Arm]) -> pd.DataFrame:
    """Return what stage cost counted, a row a network."""
    rows: list[dict[str, Any]] = []
    for net in dict.fromkeys(arm[:3] for arm in experiment):
        path = paths.metrics("cost", *net)
        with readable(path):
            cost = files.read_json(path)
            counted = {measure.name: int(cost[measure.name]) for measure in MEASURES if measure.stage == "cost"}
        rows.append(dict(zip(NET, net, strict=True)) | counted)
    return pd.DataFrame(rows)


def network_table(arm_table: pd.DataFrame, costs: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Return a row a network: each measure over its seeds, then its costs and the times of its steps.

    Train times are those that count (`timed`, a column of `arm_table`).
    `accuracy_mean_low` and `accuracy_mean_high` are the ends of the 95 % interval of the mean accuracy.

    `costs` and `steps` have a row a network too (`cost_table`, `dscnn.reporting.tables.costs.step_times`).
    """
    times = [measure.name for measure in MEASURES if measure.by_seed and measure.stage == "train"]
    arm_table = arm_table.assign(**{name: arm_table[name].where(arm_table["timed"]) for name in times})
    by_seed: dict[str, Any] = {"seeds": ("seed", "nunique")}
    for measure in MEASURES:
        if measure.by_seed:
            by_seed[measure.name] = (measure.name, measure.over_seeds)
        if measure.extremes:
            by_seed |= {f"{measure.name}_{end}": (measure.name, end) for end in ("min", "max")}
    grouped = arm_table.groupby(NET, sort=False)
    table: pd.DataFrame = grouped.agg(**by_seed).reset_index()
    ends = [runs.mean_interval(own["accuracy"].to_numpy()) for _, own in grouped]
    table["accuracy_mean_low"], table["accuracy_mean_high"] = (
        [significant(end) for end in each] for each in zip(*ends, strict=True)
    )
    for each in (costs, steps):
        table = table.merge(each, on=NET, how="left", validate="one_to_one")
    for measure in MEASURES:
        for column in measure.columns:
            table[column] = table[column].map(measure.kept)
    return table


def by_rising_width(rows: pd.DataFrame) -> pd.DataFrame:
    """Return `rows` by their widths, which are spelled as in params.yaml: 0.5, then 2, then 10."""
    return rows.sort_values("width", key=lambda widths: widths.astype(float))


def summary(networks: pd.DataFrame) -> Summary:
    """Return the measures of each network of a `network_table`, by data set, width and architecture.

    What is optional and was not measured is left out.
    """
    return {
        (row["dataset"], row["width"], row["architecture"]): {
            column: measure.kept(row[column])
            for measure in MEASURES
            for column in (measure.columns if measure.stage == "evaluate" else [measure.name])
            if not (measure.optional and pd.isna(row[column]))
        }
        for row in networks.to_dict("records")
    }


def compared(networks: pd.DataFrame) -> Summary:
    """Return what of `summary` is in metrics/compare/: the measures that are compared, without extremes."""
    names = [measure.name for measure in MEASURES if measure.compared]
    return {net: {name: own[name] for name in names} for net, own in summary(networks).items()}
