"""Cost beside time, as tidy tables: what stage benchmark measured, and what the hardware allows by its roofline.

`low` and `high` are the ends of 95 % intervals over the rounds (`dscnn.reporting.tables.intervals`).
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dscnn.core.files import significant
from dscnn.costs import roofline
from dscnn.reporting.tables import intervals
from dscnn.reporting.tables.networks import NET
from dscnn.reporting.tables.operations import operation

Key = tuple[str, str]  # data set, width
Names = Mapping[Key, list[str]]  # the architectures that are compared there
Record = dict[str, Any]
DIRECTIONS = {"inference": ("",), "training": ("forward_", "backward_")}


def layer_table(benchmarks: Mapping[Key, Record], architectures: Names) -> pd.DataFrame:
    """Return a row for each layer that does something, in each direction: `training` is forward and backward.

    Seconds are of a batch; `roofline_seconds` is the least that the machine's ceilings allow, `arithmetic_seconds`
    what the FLOPs alone take at its rate, `share` how much of the roofline was reached (empty where the time is too
    short to be measured), and `bound` what holds it up there.
    """
    rows = []
    for (dataset, width), record in benchmarks.items():
        ceilings = roofline.measured(record["ceilings"])
        for architecture in architectures[dataset, width]:
            for row in record["architectures"][architecture]["layers"]:
                for direction, prefixes in DIRECTIONS.items():
                    least = roofline.of_row(ceilings, row, direction == "training")
                    if not least.seconds:
                        continue
                    taken = intervals.median(row[f"{direction}_seconds"]["rounds"])
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
                            "seconds": significant(taken.value),
                            "seconds_low": significant(taken.low),
                            "seconds_high": significant(taken.high),
                            "arithmetic_seconds": significant(least.arithmetic),
                            "roofline_seconds": significant(least.seconds),
                            "share": significant(least.seconds / taken.value) if taken.value else None,
                            "bound": least.by,
                        }
                    )
    return pd.DataFrame(rows)


def step_times(benchmarks: Mapping[Key, Record], layers: pd.DataFrame, architectures: Names) -> pd.DataFrame:
    """Return a row a network: what a training step computes and moves, its time by the roofline, and measured.

    `latency_share` is the time for one image against the first architecture's: the median of the ratios round by round.
    """
    rows = []
    for (dataset, width), record in benchmarks.items():
        for architecture in architectures[dataset, width]:
            own = record["architectures"][architecture]
            net = (dataset, width, architecture)
            mine = layers[(layers[NET] == list(net)).all(axis=1) & (layers["direction"] == "training")]
            step, one = (intervals.median(own[name]["rounds"]) for name in ("training_step", "inference_1"))
            first = record["architectures"][architectures[dataset, width][0]]
            share = intervals.ratio(own["inference_1"]["rounds"], first["inference_1"]["rounds"])
            rows.append(
                dict(zip(NET, net, strict=True))
                | {
                    "step_flops": mine["flops"].sum(),
                    "step_bytes": mine["bytes"].sum(),
                    "roofline_seconds": significant(mine["roofline_seconds"].sum()),
                    "step_seconds": significant(step.value),
                    "step_seconds_low": significant(step.low),
                    "step_seconds_high": significant(step.high),
                    "layers_seconds": significant(mine["seconds"].sum()),
                    "optimizer_seconds": own["optimizer"]["median"],
                    "loss_seconds": own["loss"]["median"],
                    "input_seconds": record["input"]["median"],
                    "inference_seconds": own["inference"]["median"],
                    "latency_ms": significant(1e3 * one.value),
                    "latency_ms_low": significant(1e3 * one.low),
                    "latency_ms_high": significant(1e3 * one.high),
                    "latency_share": significant(share.value),
                    "latency_share_low": significant(share.low),
                    "latency_share_high": significant(share.high),
                }
            )
    return pd.DataFrame(rows)


def relative_table(benchmarks: Mapping[Key, Record], networks: pd.DataFrame) -> pd.DataFrame:
    """Return, a row each, what `networks` cost as a share of the first architecture's: work, roofline, time.

    The measured share is the median of the ratios round by round; the others are counted and have no interval.
    """
    counted = {
        "FLOPs of a training step": "step_flops",
        "bytes of a training step": "step_bytes",
        "the least time by the roofline": "roofline_seconds",
    }
    rows = []
    for (dataset, width), group in networks.groupby(NET[:2], sort=False):
        steps = {
            name: own["training_step"]["rounds"]
            for name, own in benchmarks[str(dataset), str(width)]["architectures"].items()
        }
        base = group.iloc[0]
        for row in group.to_dict("records"):
            net = {name: row[name] for name in NET}
            for measure, column in counted.items():
                share = significant(row[column] / base[column])
                rows.append(net | {"measure": measure, "share": share, "low": share, "high": share})
            taken = intervals.ratio(steps[row["architecture"]], steps[base["architecture"]])
            ends = {name: significant(value) for name, value in taken._asdict().items()}
            rows.append(net | {"measure": "time measured", "share": ends.pop("value")} | ends)
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


def beyond(layers: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `layers` that took less than the hardware allows, by more than a tenth and their interval.

    There should be none: such a row says that a ceiling was measured too low, or the layer's work counted too high.
    """
    found: pd.DataFrame = layers[layers["roofline_seconds"] > 1.1 * layers["seconds_high"]]
    return found[found["seconds"] > 0]
