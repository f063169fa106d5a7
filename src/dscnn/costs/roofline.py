"""The least time that work can take on a machine, from its ceilings: a roofline.

After Williams, Waterman and Patterson (doi 10.1145/1498765.1498785). A pass takes as long as its FLOPs at the
machine's rate, or its bytes at its bandwidth, whichever is longer; the bandwidth is that of passes over as many
bytes, so caches count (as in the cache-aware roofline of Ilic, Pratas and Sousa, doi 10.1109/L-CA.2013.6). Matrix
products have the rate of the training's precision; a depthwise convolution and element-wise work, for which matrix
units are of no use, that of float32 products. Starting each pass comes on top: how long that takes differs by
operation.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

# which operation a pass of a layer starts, by the class of the layer
STARTS = {
    "Conv2D": "convolution",
    "PointwiseConv2D": "convolution",
    "DepthwiseConv2D": "depthwise",
    "MaxPooling2D": "pooling",
    "Dense": "product",
}


@dataclass(frozen=True)
class Ceilings:
    """What a machine reaches at most: FLOP/s of products and of the rest, bytes/s by the bytes of a pass, seconds."""

    matrix: float
    vector: float
    bandwidths: tuple[tuple[float, float], ...]  # bytes of a pass, bytes/s; ascending
    starts: Mapping[str, float]  # of an operation, by its name

    @property
    def memory(self) -> float:
        """Bytes/s of the largest passes, which no cache holds."""
        return self.bandwidths[-1][1]

    @property
    def ridge(self) -> float:
        """FLOPs a byte from which on a product is bound by compute rather than memory."""
        return self.matrix / self.memory

    @property
    def vector_ridge(self) -> float:
        """The same for what is no product, a depthwise convolution for one."""
        return self.vector / self.memory

    def bandwidth(self, size: float) -> float:
        """Return the bytes/s of a pass of `size` bytes, between the sizes measured by a straight line over log size."""
        sizes, rates = zip(*self.bandwidths, strict=True)
        return float(np.interp(math.log(size), np.log(sizes), rates))


@dataclass(frozen=True)
class Estimate:
    """Seconds of one or several passes by the roofline; `bound` is by what, for the most part."""

    compute: float = 0.0  # of passes bound by it
    memory: float = 0.0
    start: float = 0.0

    @property
    def seconds(self) -> float:
        return self.compute + self.memory + self.start

    @property
    def bound(self) -> str:
        """Return "compute", "memory" or "start" (starting the operations), whichever takes most of the time."""
        times = {"compute": self.compute, "memory": self.memory, "start": self.start}
        return max(times, key=lambda name: times[name])

    def __add__(self, other: "Estimate") -> "Estimate":
        return Estimate(self.compute + other.compute, self.memory + other.memory, self.start + other.start)


def one_pass(ceilings: Ceilings, flops: float, moved: float, matrix: bool, start: str) -> Estimate:
    """Return the time of one pass of `flops` that moves `moved` bytes, in operation `start`."""
    compute = flops / (ceilings.matrix if matrix else ceilings.vector)
    memory = moved / ceilings.bandwidth(moved) if moved else 0.0
    begins = ceilings.starts[start]
    return Estimate(0.0, memory, begins) if memory > compute else Estimate(compute, 0.0, begins)


def of_row(ceilings: Ceilings, row: Mapping[str, Any], training: bool) -> Estimate:
    """Return the estimate of a flat row of `dscnn.costs.work`: at inference, or forward and backward, pass by pass."""
    start = STARTS.get(row["layer_class"], "other")
    prefix = "forward_" if training else ""
    forward = [(row[f"{prefix}flops"], row[f"{prefix}bytes"], False)] if row[f"{prefix}passes"] else []
    passes = [
        one_pass(ceilings, flops, moved, row["matrix"] and not element_wise, "other" if element_wise else start)
        for flops, moved, element_wise in (*forward, *(row["backward_each"] if training else []))
    ]
    return sum(passes, Estimate())


def measured(machine: Mapping[str, Any]) -> Ceilings:
    """Return the ceilings that stage benchmark measured."""
    bandwidths = tuple((each["bytes"], each["bytes_per_second"]) for each in machine["passes"])
    matrix = machine["matrix_flops_per_second"][machine["compute_dtype"]]
    return Ceilings(matrix, machine["vector_flops_per_second"], bandwidths, machine["start_seconds"])


def data_sheet(matrix_tflops: float, vector_tflops: float, gigabytes_per_second: float) -> Ceilings:
    """Return the ceilings of a machine by the numbers of its data sheet; it says nothing of caches and of starting."""
    memory = ((1.0, 1e9 * gigabytes_per_second),)
    starts = dict.fromkeys((*STARTS.values(), "other"), 0.0)
    return Ceilings(1e12 * matrix_tflops, 1e12 * vector_tflops, memory, starts)
