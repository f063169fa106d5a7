"""The least time that work can take on a machine, from its ceilings: a roofline.

After Williams, Waterman and Patterson (doi 10.1145/1498765.1498785). A pass takes as long as its FLOPs at the
machine's rate, or its bytes at its bandwidth, whichever is longer; the bandwidth is that of passes over as many
bytes, so caches count (as in the cache-aware roofline of Ilic, Pratas and Sousa, doi 10.1109/L-CA.2013.6). Matrix
products have the rate of the training's precision; a depthwise convolution and element-wise work, for which matrix
units are of no use, that of float32 products. Starting each pass comes on top.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ceilings:
    """What a machine reaches at most: FLOP/s of products and of the rest, bytes/s by the bytes of a pass, seconds."""

    matrix: float
    vector: float
    bandwidths: tuple[tuple[float, float], ...]  # bytes of a pass, bytes/s; ascending
    launch: float

    @property
    def memory(self) -> float:
        """Bytes/s of the largest passes, which no cache holds."""
        return self.bandwidths[-1][1]

    @property
    def ridge(self) -> float:
        """FLOPs a byte from which on a product is bound by compute rather than memory."""
        return self.matrix / self.memory

    def bandwidth(self, size: float) -> float:
        """Return the bytes/s of a pass of `size` bytes, between the sizes measured by a straight line over log size."""
        below = self.bandwidths[0]
        for above in self.bandwidths:
            if size <= above[0]:
                if above == below:
                    return above[1]
                place = math.log(size / below[0]) / math.log(above[0] / below[0])
                return below[1] + place * (above[1] - below[1])
            below = above
        return below[1]


@dataclass(frozen=True)
class Estimate:
    """Seconds of a roofline."""

    compute: float
    memory: float
    launch: float

    @property
    def seconds(self) -> float:
        return max(self.compute, self.memory) + self.launch

    @property
    def bound(self) -> str:
        """What takes longest: compute, memory or launch (starting the passes)."""
        times = {"compute": self.compute, "memory": self.memory, "launch": self.launch}
        return max(times, key=lambda name: times[name])


def estimate(ceilings: Ceilings, flops: float, moved: float, passes: int, matrix: bool) -> Estimate:
    """Return the least time of `flops` and `moved` bytes in `passes` passes."""
    rate = ceilings.matrix if matrix else ceilings.vector
    memory = moved / ceilings.bandwidth(moved / passes) if moved else 0.0
    return Estimate(flops / rate, memory, passes * ceilings.launch)


def of_row(ceilings: Ceilings, row: Mapping[str, Any], training: bool) -> Estimate:
    """Return the estimate of a row of `dscnn.counter`, flat: at inference, or forward and backward."""
    prefixes = ("forward_", "backward_") if training else ("",)
    flops, moved, passes = (sum(row[f"{prefix}{name}"] for prefix in prefixes) for name in ("flops", "bytes", "passes"))
    return estimate(ceilings, flops, moved, passes, row["matrix"])


def measured(machine: Mapping[str, Any]) -> Ceilings:
    """Return the ceilings that stage benchmark measured."""
    rates = machine["matrix_flops_per_second"]
    bandwidths = tuple((each["bytes"], each["bytes_per_second"]) for each in machine["passes"])
    return Ceilings(rates[machine["compute_dtype"]], rates["float32"], bandwidths, machine["launch_seconds"])


def data_sheet(matrix_tflops: float, vector_tflops: float, gigabytes_per_second: float) -> Ceilings:
    """Return the ceilings of a machine by the numbers of its data sheet; it says nothing of caches and of starting."""
    memory = ((1.0, 1e9 * gigabytes_per_second),)
    return Ceilings(1e12 * matrix_tflops, 1e12 * vector_tflops, memory, 0.0)
