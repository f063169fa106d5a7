"""The formulas of layers with a kernel, convolutions and dense layers, and of the non-linearities they are given.

The conventions are in `dscnn.costs.formulas`.
"""

from dataclasses import replace
from math import prod
from typing import Any

from dscnn.core.device import keras
from dscnn.core.stage import Problem
from dscnn.costs.part import Formula, Part, inside, positions, sizes

ACTIVATIONS = {
    "linear": 0, "relu": 1, "relu6": 2, "leaky_relu": 2, "elu": 4, "selu": 5, "exponential": 1, "softplus": 3,
    "softsign": 3, "sigmoid": 4, "hard_sigmoid": 4, "silu": 5, "hard_silu": 5, "tanh": 5, "gelu": 5, "mish": 9,
    "softmax": 5, "log_softmax": 6,
}  # fmt: skip
# their gradients need what went in; those of the others what came out
BY_INPUT = {"elu", "selu", "softplus", "softsign", "silu", "hard_sigmoid", "hard_silu", "gelu", "mish"}
FUNCTIONS = {getattr(keras.activations, name): name for name in ACTIVATIONS}


def activation(layer: Any) -> str:
    name = FUNCTIONS.get(layer.activation)
    if name is None:
        shown = getattr(layer.activation, "__name__", layer.activation)
        raise Problem(
            f"layer {layer.name}: no cost formula for its activation {shown}; dscnn/costs/kernels.py has the others"
        )
    return name


def affine(matrix: bool = True, transposed: bool = False) -> Formula:
    """Each element of the kernel is used once for each position of the output, or of the input if transposed."""

    def formula(layer: Any, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> list[Part]:
        name, bias = activation(layer), int(layer.use_bias)
        apart = name in BY_INPUT
        after = 0 if apart else ACTIVATIONS[name]
        per_number = (bias + after) * prod(output)
        large, small = (output, inputs[0]) if transposed else (inputs[0], output)
        macs = prod(layer.kernel.shape) * positions(layer, small)
        made = Part(
            "", output, "", sizes(layer.weights), sizes(layer.trainable_weights), macs,
            padding(layer, macs, large, small), matrix, per_number, per_number, per_number, needs_input=True,
            needs_output=after > 0,
        )  # fmt: skip
        return [made, *(non_linearity(name, output) if apart else [])]

    return formula


def padding(layer: Any, macs: int, large: tuple[int, ...], small: tuple[int, ...]) -> int:
    """Return how many of `macs` are with padding, of a convolution of images `large` to `small`.

    A transposed convolution goes the other way, and what it would write outside `large` is cut off.
    """
    if not hasattr(layer, "kernel_size"):
        return 0
    spatial = slice(1, None) if layer.data_format == "channels_first" else slice(-1)
    axes = zip(large[spatial], small[spatial], layer.kernel_size, layer.strides, layer.dilation_rate, strict=True)
    used = whole = 1
    for given, made, side, stride, dilation in axes:
        used *= inside(given, made, side, stride, dilation, layer.padding)
        whole *= made * side
    return macs - macs * used // whole


def non_linearity(name: str, output: tuple[int, ...], suffix: str = "/activation") -> list[Part]:
    """A pass of its own: where a gradient needs what went in, that cannot be one with the layer before."""
    flops = ACTIVATIONS[name] * prod(output)
    by_input = name in BY_INPUT
    if not flops:
        return [Part("", output, view=True, idle_inference=True)]
    layer_class = "Activation" if suffix else ""
    return [
        Part(
            layer_class,
            output,
            suffix,
            flops=flops,
            forward=flops,
            backward=flops,
            needs_input=by_input,
            needs_output=not by_input,
        )
    ]


def separable(layer: Any, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> list[Part]:
    """The two halves: a depthwise convolution without bias, then a pointwise one with bias and activation."""
    depthwise, pointwise = prod(layer.depthwise_kernel.shape), prod(layer.pointwise_kernel.shape)
    used, middle = positions(layer, output), layer.pointwise_kernel.shape[-2]
    first = layer.data_format == "channels_first"
    rank = layer.rank
    trains = layer.trainable
    half = Part(
        f"DepthwiseConv{rank}D", (middle, *output[1:]) if first else (*output[:-1], middle), "/depthwise",
        depthwise, depthwise * trains, depthwise * used, padding(layer, depthwise * used, inputs[0], output),
        needs_input=True,
    )  # fmt: skip
    rest, *after = affine()(_Pointwise(layer), [half.output], output)
    other = pointwise + (output[0 if first else -1] if layer.use_bias else 0)
    named = replace(
        rest, layer_class=f"PointwiseConv{rank}D", suffix="/pointwise", weights=other, trainable=other * trains,
        macs=pointwise * used,
    )  # fmt: skip
    return [half, named, *after]


class _Pointwise:
    """The second half of a separable convolution, as a convolution's formula looks at it."""

    def __init__(self, layer: Any) -> None:
        self.name, self.activation, self.use_bias = layer.name, layer.activation, layer.use_bias
        self.kernel, self.data_format = layer.pointwise_kernel, layer.data_format
        self.weights: list[Any] = []
        self.trainable_weights: list[Any] = []
