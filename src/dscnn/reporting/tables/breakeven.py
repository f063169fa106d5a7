"""What stage breakeven timed, against the first architecture: one row a point, architecture and direction."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from dscnn.core.files import significant
from dscnn.core.paths import metrics
from dscnn.reporting.tables import arms, intervals
from dscnn.reporting.tables.intervals import Interval
from dscnn.reporting.tables.readable import readable

AXES = ("width", "batch_size", "side")
DIRECTIONS = {"training": "training", "inference": "inference", "one_image": "one image"}
COLUMNS = [
    "dataset", "hardware", "threads", "axis", "value", "held", "precision", "architecture", "direction",
    "seconds", "ratio", "low", "high",
]  # fmt: skip
Record = dict[str, Any]


def breakeven_table(records: Mapping[str, Record], architectures: Mapping[str, list[str]]) -> pd.DataFrame:
    """Return the rows by data set, axis, precision and value; `records` and `architectures` are by data set.

    `held` is what does not vary on the axis; `seconds` is the median over the rounds. `ratio` is to the seconds of the
    first architecture in the same rounds, from `low` to `high` with 95 % confidence. One image has no batch size, so it
    has no row on that axis.
    """
    rows = []
    for dataset, record in records.items():
        with readable(metrics("breakeven", dataset)):
            rows += [{"dataset": dataset} | row for row in _rows(record, architectures[dataset])]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(record: Record, architectures: list[str]) -> Iterator[dict[str, Any]]:
    machine = {"hardware": arms.hardware(record["environment"]), "threads": record["environment"]["threads"]}
    for axis in AXES:
        for point in _ordered(record["points"], axis):
            place = {"axis": axis, "value": point["axes"][axis], "held": _held(point, axis)}
            for architecture in architectures:
                for direction, said in DIRECTIONS.items():
                    if (axis, direction) != ("batch_size", "one_image"):
                        yield {
                            **machine,
                            **place,
                            "precision": point["precision"],
                            "architecture": architecture,
                            "direction": said,
                            "seconds": float(point["architectures"][architecture][direction]["median"]),
                            **_ratio(point["architectures"], architecture, architectures[0], direction),
                        }


def _ordered(points: list[Record], axis: str) -> list[Record]:
    """Return the points on `axis`, precisions in the order measured, values rising."""
    precisions = list(dict.fromkeys(point["precision"] for point in points))
    return sorted(
        (point for point in points if axis in point["axes"]),
        key=lambda point: (precisions.index(point["precision"]), point["axes"][axis]),
    )


def _held(point: Record, axis: str) -> str:
    height, columns, _ = point["shape"]
    words = {
        "width": f"width {point['width']:.10g}",
        "batch_size": f"batch size {point['batch_size']}",
        "side": f"{height} x {columns} pixels",
    }
    return " and ".join(words[other] for other in AXES if other != axis)


def _ratio(timed: Record, architecture: str, base: str, direction: str) -> dict[str, float]:
    found = Interval(1.0, 1.0, 1.0)
    if architecture != base:
        found = intervals.ratio(*(timed[name][direction]["rounds"] for name in (architecture, base)))
    return {name: significant(value) for name, value in zip(("ratio", "low", "high"), found, strict=True)}
