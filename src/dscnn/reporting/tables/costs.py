"""Cost beside time, as tidy tables: what stage benchmark measured, and what the hardware allows by its roofline.

`low` and `high` are the ends of 95 % intervals over the rounds (`dscnn.reporting.tables.intervals`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from dscnn.core.files import significant
from dscnn.core.paths import metrics
from dscnn.costs import roofline
from dscnn.reporting.tables import intervals
from dscnn.reporting.tables.networks import NET
from dscnn.reporting.tables.operations import operation
from dscnn.reporting.tables.present import Place
from dscnn.reporting.tables.readable import readable

Names = Mapping[Place, list[str]]  # the architectures that are compared there
Record = dict[str, Any]
UNEXPLAINED = "unexplained"
OUTSIDE_LAYERS = ("optimizer", "loss", UNEXPLAINED)  # what of a step is in no layer
DIRECTIONS = {"inference": ("",), "training": ("forward_", "backward_")}


def layer_table(benchmarks: Mapping[Place, Record], architectures: Names) -> pd.DataFrame:
    """Return a row for each layer that does something, in each direction: `training` is forward and backward.

    Seconds are of a batch; `roofline_seconds` is the least that the machine's ceilings allow, `arithmetic_seconds`
    what the FLOPs alone take at its rate, `share` how much of the roofline was reached (empty where the time is too
    short to be measured), and `bound` what holds it up there.
    """
    rows = []
    for place, record in benchmarks.items():
        with readable(metrics("benchmark", *place)):
            for architecture in architectures[place]:
                net = dict(zip(NET, (*place, architecture), strict=True))
                rows += [net | row for row in _layer_rows(record, architecture)]
    return pd.DataFrame(rows)


def _layer_rows(record: Record, architecture: str) -> Iterator[dict[str, Any]]:
    ceilings = roofline.measured(record["ceilings"])
    for row in record["architectures"][architecture]["layers"]:
        for direction, prefixes in DIRECTIONS.items():
            least = roofline.of_row(ceilings, row, direction == "training")
            if not least.seconds:
                continue
            taken = intervals.median(row[f"{direction}_seconds"]["rounds"])
            flops, moved, passes = (
                sum(row[prefix + name] for prefix in prefixes) for name in ("flops", "bytes", "passes")
            )
            yield {
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


def step_times(benchmarks: Mapping[Place, Record], layers: pd.DataFrame, architectures: Names) -> pd.DataFrame:
    """Return a row a network: what a training step computes and moves, its time by the roofline, and measured.

    `latency_share` is the time for one image against the first architecture's: the median of the ratios round by round.
    """
    rows = []
    for place, record in benchmarks.items():
        first, *_ = architectures[place]
        with readable(metrics("benchmark", *place)):
            for architecture in architectures[place]:
                net = (*place, architecture)
                mine = layers[(layers[NET] == list(net)).all(axis=1) & (layers["direction"] == "training")]
                rows.append(dict(zip(NET, net, strict=True)) | _step_row(record, architecture, first, mine))
    return pd.DataFrame(rows)


def _step_row(record: Record, architecture: str, first: str, layers: pd.DataFrame) -> dict[str, Any]:
    own, base = (record["architectures"][name] for name in (architecture, first))
    step, one = (intervals.median(own[name]["rounds"]) for name in ("training_step", "inference_1"))
    share = intervals.ratio(own["inference_1"]["rounds"], base["inference_1"]["rounds"])
    return {
        "step_flops": layers["flops"].sum(),
        "step_bytes": layers["bytes"].sum(),
        "roofline_seconds": significant(layers["roofline_seconds"].sum()),
        "step_seconds": significant(step.value),
        "step_seconds_low": significant(step.low),
        "step_seconds_high": significant(step.high),
        "layers_seconds": significant(layers["seconds"].sum()),
        "optimizer_seconds": float(own["optimizer"]["median"]),
        "loss_seconds": float(own["loss"]["median"]),
        "input_seconds": float(record["input"]["median"]),
        "inference_seconds": float(own["inference"]["median"]),
        "latency_ms": significant(1e3 * one.value),
        "latency_ms_low": significant(1e3 * one.low),
        "latency_ms_high": significant(1e3 * one.high),
        "latency_share": significant(share.value),
        "latency_share_low": significant(share.low),
        "latency_share_high": significant(share.high),
    }


def relative_table(benchmarks: Mapping[Place, Record], networks: pd.DataFrame) -> pd.DataFrame:
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
        place, base = (str(dataset), str(width)), group.iloc[0]
        with readable(metrics("benchmark", *place)):
            steps = {name: own["training_step"]["rounds"] for name, own in benchmarks[place]["architectures"].items()}
            taken = {name: intervals.ratio(steps[name], steps[base["architecture"]]) for name in group["architecture"]}
        for row in group.to_dict("records"):
            net = {name: row[name] for name in NET}
            for measure, column in counted.items():
                share = significant(row[column] / base[column])
                rows.append(net | {"measure": measure, "share": share, "low": share, "high": share})
            ends = {name: significant(value) for name, value in taken[row["architecture"]]._asdict().items()}
            rows.append(net | {"measure": "time measured", "share": ends.pop("value")} | ends)
    return pd.DataFrame(rows)


def operation_table(networks: pd.DataFrame, layers: pd.DataFrame) -> pd.DataFrame:
    """Return where a training step's time goes: a row a network and operation, layers alone, then what is no layer.

    `UNEXPLAINED` is the step less all of its parts timed alone; it can be negative.
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
        rest.append(net | {"operation": UNEXPLAINED, "seconds": row["step_seconds"] - parts})
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
