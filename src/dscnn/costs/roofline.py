"""The least time that work can take on a machine, from its ceilings: a roofline, what the hardware allows.

After Williams, Waterman and Patterson (doi 10.1145/1498765.1498785). A pass takes at least its FLOPs at the
machine's rate, and at least its bytes at its bandwidth; the bandwidth is that of passes over as many bytes, so caches
count (as in the cache-aware roofline of Ilic, Pratas and Sousa, doi 10.1109/L-CA.2013.6). Matrix products have the
rate of the training's precision; a depthwise convolution and element-wise work, for which matrix units are of no use,
that of float32 products. Multiplications with padding, which a kernel may leave out, are no part of the bound, nor is
what a library adds, the start of an operation for one.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Ceilings:
    """What a machine reaches at most: FLOP/s of products and of the rest, bytes/s by the bytes of a pass."""

    matrix: float
    vector: float
    bandwidths: tuple[tuple[float, float], ...]  # bytes of a pass, bytes/s; ascending

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
class Bound:
    """The least seconds of one or several passes."""

    arithmetic: float = 0.0  # of the FLOPs alone, of every pass
    compute: float = 0.0  # of passes that their FLOPs hold up
    memory: float = 0.0  # of passes that their bytes hold up

    @property
    def seconds(self) -> float:
        return self.compute + self.memory

    @property
    def by(self) -> str:
        """Return "compute" or "memory", whichever takes most of the time."""
        return "memory" if self.memory > self.compute else "compute"

    def __add__(self, other: "Bound") -> "Bound":
        return Bound(self.arithmetic + other.arithmetic, self.compute + other.compute, self.memory + other.memory)


def one_pass(ceilings: Ceilings, flops: float, moved: float, matrix: bool) -> Bound:
    """Return the bound of one pass of `flops` that moves `moved` bytes."""
    compute = flops / (ceilings.matrix if matrix else ceilings.vector)
    memory = moved / ceilings.bandwidth(moved) if moved else 0.0
    return Bound(compute, 0.0, memory) if memory > compute else Bound(compute, compute, 0.0)


def of_row(ceilings: Ceilings, row: Mapping[str, Any], training: bool) -> Bound:
    """Return the bound of a flat row of `dscnn.costs.work`: at inference, or forward and backward, pass by pass."""
    prefix = "forward_" if training else ""
    forward = [(row[f"{prefix}flops"], row[f"{prefix}bytes"], False)] if row[f"{prefix}passes"] else []
    padding = 2 * row["padding_macs"]  # in each pass of a convolution
    passes = [
        one_pass(ceilings, flops - padding * (not element_wise), moved, row["matrix"] and not element_wise)
        for flops, moved, element_wise in (*forward, *(row["backward_each"] if training else []))
    ]
    return sum(passes, Bound())


def measured(machine: Mapping[str, Any]) -> Ceilings:
    """Return the ceilings that stage benchmark measured.

    Products have the best rate of all precisions: where the one in use has no unit of its own, a library may
    compute in float32.
    """
    bandwidths = tuple((each["bytes"], each["bytes_per_second"]) for each in machine["memory"])
    return Ceilings(max(machine["matrix_flops_per_second"].values()), machine["vector_flops_per_second"], bandwidths)


def data_sheet(matrix_tflops: float, vector_tflops: float, gigabytes_per_second: float) -> Ceilings:
    """Return the ceilings of a machine by the numbers of its data sheet; it says nothing of caches."""
    return Ceilings(1e12 * matrix_tflops, 1e12 * vector_tflops, ((1.0, 1e9 * gigabytes_per_second),))
