"""Cost beside time, as tidy tables: what stage benchmark measured, and what the roofline of its machine says."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dscnn.core.files import significant
from dscnn.costs import roofline
from dscnn.reporting.tables.networks import NET
from dscnn.reporting.tables.operations import operation

Key = tuple[str, str]  # data set, width
Record = dict[str, Any]
DIRECTIONS = {"inference": ("",), "training": ("forward_", "backward_")}


def layer_table(benchmarks: Mapping[Key, Record], architectures: list[str]) -> pd.DataFrame:
    """Return a row for each layer that does something, in each direction: `training` is forward and backward.

    Seconds are of a batch; `roofline_seconds` is what the machine's ceilings allow, `share` how much of that was
    reached (empty where the time is too short to be measured), and `bound` what it is bound by.
    """
    rows = []
    for (dataset, width), record in benchmarks.items():
        ceilings = roofline.measured(record["ceilings"])
        for architecture in architectures:
            for row in record["architectures"][architecture]["layers"]:
                for direction, prefixes in DIRECTIONS.items():
                    least = roofline.of_row(ceilings, row, direction == "training")
                    timing = row[f"{direction}_seconds"]
                    if not least.seconds:
                        continue
                    flops, moved, passes = (
                        sum(row[prefix + name] for prefix in prefixes) for name in ("flops", "bytes", "passes")
                    )
                    rows.append(
                        dict(zip(NET, (dataset, width, architecture), strict=True))
                        | {
                            "layer": row["name"],
                            "operation": operation(row["name"], row["layer_class"]),
                            "direction": direction,
                            "macs": row["macs"],
                            "flops": flops,
                            "bytes": moved,
                            "passes": passes,
                            "flops_per_byte": significant(flops / moved),
                            "seconds": timing["median"],
                            "seconds_low": timing["low"],
                            "seconds_high": timing["high"],
                            "roofline_seconds": significant(least.seconds),
                            "share": significant(least.seconds / timing["median"]) if timing["median"] else None,
                            "bound": least.bound,
                        }
                    )
    return pd.DataFrame(rows)


def step_times(benchmarks: Mapping[Key, Record], layers: pd.DataFrame, architectures: list[str]) -> pd.DataFrame:
    """Return a row a network: what a training step computes and moves, its time by the roofline, and measured."""
    rows = []
    for (dataset, width), record in benchmarks.items():
        for architecture in architectures:
            own = record["architectures"][architecture]
            net = (dataset, width, architecture)
            mine = layers[(layers[NET] == list(net)).all(axis=1) & (layers["direction"] == "training")]
            step, one = own["training_step"], own["inference_1"]
            rows.append(
                dict(zip(NET, net, strict=True))
                | {
                    "step_flops": mine["flops"].sum(),
                    "step_bytes": mine["bytes"].sum(),
                    "roofline_seconds": significant(mine["roofline_seconds"].sum()),
                    "step_seconds": step["median"],
                    "step_seconds_low": step["low"],
                    "step_seconds_high": step["high"],
                    "layers_seconds": significant(mine["seconds"].sum()),
                    "optimizer_seconds": own["optimizer"]["median"],
                    "loss_seconds": own["loss"]["median"],
                    "input_seconds": record["input"]["median"],
                    "inference_seconds": own["inference"]["median"],
                    "latency_ms": significant(1e3 * one["median"]),
                    "latency_ms_low": significant(1e3 * one["low"]),
                    "latency_ms_high": significant(1e3 * one["high"]),
                }
            )
    return pd.DataFrame(rows)


def relative_table(networks: pd.DataFrame) -> pd.DataFrame:
    """Return, a row each, what `networks` cost as a share of the first architecture's: work, roofline, time."""
    measures = {
        "FLOPs of a training step": "step_flops",
        "bytes of a training step": "step_bytes",
        "time by the roofline": "roofline_seconds",
        "time measured": "step_seconds",
    }
    rows = []
    for _, group in networks.groupby(NET[:2], sort=False):
        for row in group.to_dict("records"):
            for measure, column in measures.items():
                share = {"measure": measure, "share": significant(row[column] / group[column].iloc[0])}
                rows.append({name: row[name] for name in NET} | share)
    return pd.DataFrame(rows)


def operation_table(networks: pd.DataFrame, layers: pd.DataFrame) -> pd.DataFrame:
    """Return where a training step's time goes: a row a network and operation, layers alone, then what is no layer.

    `left over` is the step less all of its parts timed alone; it can be negative.
    """
    training = layers[layers["direction"] == "training"]
    sums = ["flops", "bytes", "seconds", "roofline_seconds"]
    by_operation = training.groupby([*NET, "operation"], sort=False)[sums].sum().reset_index()
    rest = []
    for row in networks.to_dict("records"):
        net = {name: row[name] for name in NET}
        for name in ("optimizer", "loss"):
            rest.append(net | {"operation": name, "seconds": row[f"{name}_seconds"]})
        parts = row["layers_seconds"] + row["optimizer_seconds"] + row["loss_seconds"]
        rest.append(net | {"operation": "left over", "seconds": row["step_seconds"] - parts})
    table = pd.concat([by_operation, pd.DataFrame(rest)], ignore_index=True)
    table["seconds"] = table["seconds"].map(significant)
    table["roofline_seconds"] = table["roofline_seconds"].map(significant)
    return table


def agreement(layers: pd.DataFrame) -> dict[str, float]:
    """Return how the roofline's times compare with those measured.

    That is Spearman's rank correlation, the median factor apart, and the ratio of their sums, in which long layers
    count for more. A layer that architectures share counts once; so do those too short to be timed not at all.
    """
    distinct = layers.drop_duplicates(["dataset", "width", "layer", "direction", "flops", "bytes", "seconds"])
    distinct = distinct[distinct["seconds"] > 0]
    ratio = distinct["seconds"] / distinct["roofline_seconds"]
    return {
        "layers": len(distinct),
        "rank_correlation": float(distinct["seconds"].rank().corr(distinct["roofline_seconds"].rank())),
        "median_ratio": float(ratio.median()),
        "median_factor": float(ratio.where(ratio >= 1, 1 / ratio).median()),
        "total_ratio": float(distinct["seconds"].sum() / distinct["roofline_seconds"].sum()),
    }
