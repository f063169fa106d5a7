"""Where the difference between the training steps of two architectures comes from, in parts that add up to it.

A layer takes the time of its FLOPs at the machine's rate, more if its bytes hold it up, and more again for what the
installed kernel does not reach of that bound. The rest of the step is what its layers, timed alone, do not add up to.
Each part of the difference is the sum over one architecture's layers less the other's.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from dscnn.core.files import significant
from dscnn.core.paths import metrics
from dscnn.costs import roofline
from dscnn.reporting.tables import intervals
from dscnn.reporting.tables.costs import Names, Record
from dscnn.reporting.tables.networks import NET
from dscnn.reporting.tables.operations import operation
from dscnn.reporting.tables.present import Place
from dscnn.reporting.tables.readable import readable
from dscnn.statistics.difference import UNKNOWN

STEP, ARITHMETIC, BYTES, REST = "step", "multiply-adds", "bytes", "the rest of the step"
KERNELS = {"depthwise": "depthwise kernels", "pointwise": "pointwise kernels", "convolution": "convolution kernels"}
OTHER = "other kernels"
PARTS = (STEP, ARITHMETIC, BYTES, *KERNELS.values(), OTHER, REST)
ROUNDING = 1e-9  # seconds
COLUMNS = [*NET, "base", "part", "seconds", "low", "high", "start", "end", "ratio"]


def table(benchmarks: Mapping[Place, Record], architectures: Names) -> pd.DataFrame:
    """Return a row a part of each pair: by how many seconds a step of `architecture` differs from that of `base`.

    The first row of a pair, `step`, is the whole difference. `low` and `high` are the ends of the interval; of what is
    counted they are the value. `start` and `end` lead from one step to the other, part by part. A part in which both
    are the same is left out. `ratio`, of the first row alone, is the median of the steps' ratios round by round.
    """
    rows = []
    for place, record in benchmarks.items():
        with readable(metrics("benchmark", *place)):
            for base, name in combinations(architectures[place], 2):
                rows += [[*place, name, base, *row] for row in _rows(record, base, name)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(record: Record, base: str, name: str) -> Iterator[list[object]]:
    steps = [record["architectures"][each]["training_step"]["rounds"] for each in (name, base)]
    start = first = float(np.median(steps[1]))
    for part, change in parts(record, base, name):
        end = start + change.value
        if part == STEP:
            ratio = significant(intervals.ratio(*steps).value)
            yield [part, *map(significant, (*change, first, end)), ratio]
        elif max(map(abs, change)) > ROUNDING:
            yield [part, *map(significant, (*change, start, end)), UNKNOWN]
            start = end


def parts(record: Record, base: str, name: str) -> Iterator[tuple[str, intervals.Interval]]:
    """Yield the difference of the steps' medians, then its parts, which add up to it, with their intervals."""
    ceilings = roofline.measured(record["ceilings"])
    sessions = [*record["architectures"]]
    signs = {base: -1.0, name: 1.0}
    arithmetic = bytes_ = 0.0
    # the part, the sign, the rounds and the group of rounds of each layer
    timed: list[tuple[str, float, np.ndarray, int]] = []
    beyond = dict.fromkeys((*KERNELS.values(), OTHER), 0.0)
    for architecture, sign in signs.items():
        for row in record["architectures"][architecture]["layers"]:
            bound = roofline.of_row(ceilings, row, training=True)
            if not bound.seconds:
                continue
            part = KERNELS.get(operation(row["name"], row["layer_class"]), OTHER)
            arithmetic += sign * bound.arithmetic
            bytes_ += sign * (bound.seconds - bound.arithmetic)
            beyond[part] -= sign * bound.seconds
            timing = row["training_seconds"]
            timed.append((part, sign, np.asarray(timing["rounds"]), 1 + sessions.index(timing["session"])))
    steps = {each: np.asarray(record["architectures"][each]["training_step"]["rounds"]) for each in signs}
    counts = [len(steps[base]), *(_rounds(record["architectures"][each]) for each in sessions)]

    def layers(drawn: tuple[Any, ...], only: str | None = None) -> Any:
        return sum(
            sign * np.median(rounds[drawn[group]], axis=-1)
            for part, sign, rounds, group in timed
            if only in (None, part)
        )

    def whole(*drawn: Any) -> Any:
        return sum(sign * np.median(steps[each][drawn[0]], axis=-1) for each, sign in signs.items())

    yield STEP, _step(steps[base], steps[name])
    yield ARITHMETIC, intervals.Interval(arithmetic, arithmetic, arithmetic)
    yield BYTES, intervals.Interval(bytes_, bytes_, bytes_)
    for part, less in beyond.items():
        if any(part == own for own, *_ in timed):
            yield part, intervals.of(lambda *drawn, part=part, less=less: layers(drawn, part) + less, *counts)
    yield REST, intervals.of(lambda *drawn: whole(*drawn) - layers(drawn), *counts)


def _step(base: np.ndarray, other: np.ndarray) -> intervals.Interval:
    """Return by how much the median differs; its interval is round by round, as that of the steps' ratio."""
    value = float(np.median(other) - np.median(base))
    apart = intervals.median(other - base)
    return intervals.Interval(value, min(apart.low, value), max(apart.high, value))


def _rounds(own: Record) -> int:
    return max(len(row["training_seconds"]["rounds"]) for row in own["layers"])
