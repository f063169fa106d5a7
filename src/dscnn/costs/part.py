"""One pass of a layer over one image: what a formula gives, and the counter multiplies by the images of a batch."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any


@dataclass(frozen=True)
class Part:
    """One pass of a layer: all of it, or one half of a separable convolution. Numbers are of one image."""

    layer_class: str  # empty: the layer's own class
    output: tuple[int, ...]  # shape without the batch
    suffix: str = ""  # of the layer's name
    weights: int = 0
    trainable: int = 0
    macs: int = 0
    padding_macs: int = 0  # those of them whose number is padding, so a kernel may leave them out
    matrix: bool = False  # a matrix product, which hardware has units for; a depthwise convolution is none
    flops: int = 0  # beside the multiply-adds, at inference
    forward: int = 0  # the same in training
    backward: int = 0  # beside the multiply-adds' own gradients
    reads: int = 1  # passes over its inputs in training, forward and again backward
    mask: int = 0  # bytes that training forward leaves for backward
    needs_input: bool = False  # by the gradient
    needs_output: bool = False
    idle_inference: bool = False  # at inference its output is its input
    view: bool = False  # the same numbers under another shape, in training too
    linear: bool = False  # its gradient is the upstream one, as it is


Formula = Callable[[Any, list[tuple[int, ...]], tuple[int, ...]], list[Part]]


def positions(layer: Any, shape: tuple[int, ...]) -> int:
    """Return at how many positions an image of `shape` has numbers, one for each channel."""
    return prod(shape[1:] if getattr(layer, "data_format", None) == "channels_first" else shape[:-1])


def inside(given: int, made: int, side: int, stride: int, dilation: int, padding: str) -> int:
    """Return how many multiplications along one axis are with numbers of the input, `given` of them, not with padding.

    A kernel of `side` makes `made` numbers, so `made` x `side` multiplications in all. "same" pads as TensorFlow does:
    half on each side, and the odd one after.
    """
    reach = (side - 1) * dilation
    around = max((made - 1) * stride + reach + 1 - given, 0)
    before = {"valid": 0, "same": around // 2, "causal": reach}[padding]
    starts = [place * stride + tap * dilation - before for place in range(made) for tap in range(side)]
    return sum(0 <= start < given for start in starts)


def sizes(weights: list[Any]) -> int:
    """Return how many numbers `weights` hold."""
    return sum(prod(weight.shape) for weight in weights)
