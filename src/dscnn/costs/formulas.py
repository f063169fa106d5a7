"""What one call of a Keras layer computes and moves: a formula for each class of layer.

Conventions, for one image:

- A multiply-add is one multiplication and one addition of a convolution or a dense layer. Padding is counted as if
  multiplied, as in the published figures (MobileNet, arXiv 1704.04861, section 3.1).
- Of the rest, each addition, subtraction, multiplication, division, comparison, exponential, logarithm and error
  function is one FLOP; random numbers are none. So a bias is 1 for each number, ReLU 1, softmax 5 (greatest,
  subtract, exponential, sum, divide), batch norm at inference 2 (its four vectors make a scale and a shift) and 6 in
  training (mean 1, variance 3, normalise 2) and 9 backward.
- The gradient of a non-linearity, a pooling or another element-wise layer counts as its function does.
- A dropout is nothing at inference; in training a multiplication, and a byte a number for its mask.
"""

from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from dscnn.core.stage import Problem
from dscnn.costs.kernels import ACTIVATIONS, activation, affine, non_linearity, separable
from dscnn.costs.part import Formula, Part, sizes


def parts(operation: Any, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> list[Part]:
    """Return what one call of `operation`, a Keras layer or operation, does, in order.

    Shapes are without the batch. Raises `Problem` for a class without a formula, a class of somebody else's that
    has the name of one included.
    """
    name, module = type(operation).__name__, type(operation).__module__
    ours = module.startswith("keras.src.")
    if not ours or name not in FORMULAS or (module.startswith("keras.src.ops.") and name not in OPERATIONS):
        theirs = "" if module.startswith("keras.src.layers.") else f" of {module}"
        raise Problem(
            f"layer {operation.name}: no cost formula for its class {name}{theirs};"
            " dscnn/costs/formulas.py has the others"
        )
    if getattr(operation, "quantization_mode", None) or getattr(operation, "lora_enabled", False):
        raise Problem(f"layer {operation.name}: no cost formula for quantized weights or LoRA")
    return [replace(part, layer_class=part.layer_class or name) for part in FORMULAS[name](operation, inputs, output)]


def _batch_norm(layer: Any, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> list[Part]:
    size, weights = prod(output), sizes(layer.weights)
    made = Part("", output, weights=weights, trainable=sizes(layer.trainable_weights), flops=2 * size)
    if not layer.trainable:  # it then normalises by its moving averages in training too
        return [replace(made, forward=2 * size, backward=size)]
    return [replace(made, forward=6 * size, backward=9 * size, reads=2, needs_input=True)]


def _normalisation(layer: Any, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> list[Part]:
    """Statistics of the image itself, so at inference too; then a scale and a shift."""
    size = prod(output)
    made = Part("", output, weights=sizes(layer.weights), trainable=sizes(layer.trainable_weights))
    return [replace(made, flops=8 * size, forward=8 * size, backward=11 * size, reads=2, needs_input=True)]


def _each(count: float | Callable[[Any, int], int], *, needs: str = "output", weights: bool = False) -> Formula:
    """So many FLOPs for each number of the output; `count` may ask the layer and its number of inputs."""

    def formula(layer: Any, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> list[Part]:
        flops = int(prod(output) * (count(layer, len(inputs)) if callable(count) else count))
        made = Part(
            "", output, flops=flops, forward=flops, backward=flops,
            needs_input=needs in ("input", "both"), needs_output=needs in ("output", "both"), linear=needs == "linear",
        )  # fmt: skip
        if weights:
            made = replace(made, weights=sizes(layer.weights), trainable=sizes(layer.trainable_weights))
        return [made]

    return formula


def _pool(extra: int, needs: str) -> Formula:
    """A window of n numbers takes n - 1 comparisons, or n - 1 additions and a division."""
    return _each(lambda layer, _: prod(layer.pool_size) - 1 + extra, needs=needs)


def _global_pool(extra: int, needs: str) -> Formula:
    def formula(layer: Any, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> list[Part]:
        window = prod(inputs[0]) // prod(output)
        return _each(window - 1 + extra, needs=needs)(layer, inputs, output)

    return formula


def _dropout(layer: Any, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> list[Part]:
    size = prod(output)
    if not getattr(layer, "rate", True):
        return [Part("", output, view=True, idle_inference=True)]
    return [Part("", output, forward=size, backward=size, mask=size, idle_inference=True)]


def _up_sampling(layer: Any, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> list[Part]:
    if getattr(layer, "interpolation", "nearest") != "nearest":
        raise Problem(f"layer {layer.name}: no cost formula for its interpolation {layer.interpolation}")
    return _each(0, needs="none")(layer, inputs, output)


def _view(layer: Any, inputs: list[tuple[int, ...]], output: tuple[int, ...]) -> list[Part]:
    return [Part("", output, view=True, idle_inference=True)]


def _relu(layer: Any, _: int) -> int:
    return 1 + (layer.max_value is not None) + bool(layer.negative_slope) + bool(layer.threshold)


def _rescaling(layer: Any, _: int) -> int:
    offset = layer.offset
    return 1 + bool(np.any(offset))


FORMULAS: dict[str, Formula] = {
    **{f"Conv{rank}D": affine() for rank in (1, 2, 3)},
    **{f"Conv{rank}DTranspose": affine(transposed=True) for rank in (1, 2, 3)},
    **{f"DepthwiseConv{rank}D": affine(matrix=False) for rank in (1, 2)},
    **{f"SeparableConv{rank}D": separable for rank in (1, 2)},
    "Dense": affine(),
    "BatchNormalization": _batch_norm,
    **dict.fromkeys(("LayerNormalization", "GroupNormalization"), _normalisation),
    "Normalization": _each(2, needs="none", weights=True),
    **{f"MaxPooling{rank}D": _pool(0, "both") for rank in (1, 2, 3)},
    **{f"AveragePooling{rank}D": _pool(1, "none") for rank in (1, 2, 3)},
    **{f"GlobalMaxPooling{rank}D": _global_pool(0, "both") for rank in (1, 2, 3)},
    **{f"GlobalAveragePooling{rank}D": _global_pool(1, "none") for rank in (1, 2, 3)},
    "Activation": lambda layer, _, output: non_linearity(activation(layer), output, ""),
    "ReLU": _each(_relu),
    "LeakyReLU": _each(2),
    "ELU": _each(4),
    "PReLU": _each(2, needs="input", weights=True),
    "Softmax": _each(5),
    # operations of keras.ops.nn, as in keras.ops.relu(x)
    **{name: _each(ACTIVATIONS[name.lower()]) for name in ("Relu", "Relu6", "Sigmoid", "Tanh")},
    "Silu": _each(ACTIVATIONS["silu"], needs="input"),
    "HardSigmoid": _each(4, needs="input"),
    "HardSilu": _each(5, needs="input"),
    # of several inputs, or of one and a constant: layers and operations such as a + b
    **dict.fromkeys(("Add", "Subtract"), _each(lambda _, inputs: max(1, inputs - 1), needs="linear")),
    **dict.fromkeys(
        ("Multiply", "Divide", "TrueDivide", "Maximum", "Minimum"),
        _each(lambda _, inputs: max(1, inputs - 1), needs="input"),
    ),
    "Average": _each(lambda _, inputs: inputs, needs="none"),
    "LayerScale": _each(1, needs="input", weights=True),
    "CustomScaleLayer": _each(2, needs="none"),  # of InceptionResNetV2: a + scale x b
    "Rescaling": _each(_rescaling, needs="none"),
    # only moved
    **dict.fromkeys(
        (
            "Concatenate", "Permute", "Transpose", "RepeatVector",
            *(f"{name}{rank}D" for rank in (1, 2, 3) for name in ("ZeroPadding", "Cropping")),
        ),
        _each(0, needs="none"),
    ),
    **{f"UpSampling{rank}D": _up_sampling for rank in (1, 2, 3)},
    **dict.fromkeys(
        ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "StochasticDepth"),
        _dropout,
    ),
    **dict.fromkeys(("Flatten", "Reshape", "Identity"), _view),
}  # fmt: skip

# those of keras.ops; others there may share a layer's name without doing its work
OPERATIONS = {
    "Relu", "Relu6", "Sigmoid", "Tanh", "Silu", "HardSigmoid", "HardSilu", "Softmax", "Add", "Subtract", "Multiply",
    "Divide", "TrueDivide", "Maximum", "Minimum", "Concatenate", "Transpose", "Reshape",
}  # fmt: skip
