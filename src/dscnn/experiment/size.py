"""Whether the networks of an experiment fit into this machine at all, before any of them is built."""

from collections.abc import Iterator

import psutil

from dscnn.core import processor
from dscnn.core.schema import Shape
from dscnn.experiment.datasets import Catalogue
from dscnn.experiment.params import Kinds, Network, Params

GIGA = 1e9
LIMITS = ["memory.max", "memory/memory.limit_in_bytes"]  # bytes that a container may use, under cgroup v2 and v1


def check(params: Params, catalogue: Catalogue) -> Iterator[str]:
    """Yield an error for each network that needs more memory than there is."""
    most, where = memory()
    swept, batch = params.breakeven, params.train.batch_size
    for name in params.datasets:
        entry = catalogue[name]
        sides = [(side, side, entry.shape[2]) for side in swept.sides]
        for key, factor, size, shape in (
            *(("widths", factor, batch, entry.shape) for factor in params.widths),
            *(("breakeven.widths", factor, batch, entry.shape) for factor in swept.widths),
            *(("breakeven.batch_sizes", swept.width, size, entry.shape) for size in swept.batch_sizes),
            *(("breakeven.sides", swept.width, batch, shape) for shape in sides),
        ):
            for architecture, kinds in params.architectures.items():
                needed = least(params.network, kinds, factor, shape, len(entry.classes), size)
                if needed > most:
                    need, has = gigabytes(needed, most)
                    yield (
                        f"{key}: {architecture} at width {factor} needs at least {need} for its"
                        f" weights, their gradients and the activations of {size:,} images of {name}"
                        f" ({shape[0]} x {shape[1]} pixels); {where} has {has}. Fewer"
                        " network.filters or network.dense, a smaller width or smaller batches need less"
                    )


def gigabytes(*sizes: int) -> list[str]:
    """Return `sizes`, in bytes and all different, as text: with two digits, or as many as tell them apart."""
    shown: list[str] = []
    for digits in range(2, 16):
        shown = [f"{float(f'{size / GIGA:.{digits}g}'):,.15g} GB" for size in sizes]
        if len({*shown}) == len(sizes):
            break
    return shown


def memory() -> tuple[int, str]:
    """Return the bytes of memory of this machine, or of its container where that may use fewer, and which it is."""
    machine = container = psutil.virtual_memory().total
    for name in LIMITS:
        container = min([container, *processor.limits([name])])
    return (container, "this container") if container < machine else (machine, "this machine")


def least(network: Network, kinds: Kinds, width: float, shape: Shape, classes: int, batch: int) -> int:
    """Return the least number of bytes that a training step needs.

    Weights and gradients have 4 bytes each, activations 2, those of convolutions alone. Of kinds that share or leave
    out weights, a weight a filter is counted.
    """
    rows, columns = shape[:2]
    channels: int = shape[2]
    weights = activations = 0
    for filters in (max(1, round(filters * width)) for filters in network.filters):
        for kind in kinds:
            one_by_one = channels * filters if kind in ("conv", "separable", "blueprint") else filters
            weights += one_by_one * (network.kernel**2 if kind == "conv" else 1)
            activations += rows * columns * filters
            channels = filters
        rows, columns = rows // 2, columns // 2
    units = rows * columns * channels
    for following in (*network.dense, classes):
        weights += units * following
        units = following
    return 8 * weights + 2 * batch * activations
