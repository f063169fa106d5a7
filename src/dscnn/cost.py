"""Stage cost@D-W-A: parameters, multiply-adds, FLOPs and bytes of a network, layer by layer, without data or weights.

Conventions, for one image at inference, batch norm included:
- macs: multiply-adds of convolutions and dense layers, padding counted as if multiplied;
- flops: 2 x macs, plus for each output element 1 for a bias, 1 for a ReLU, 5 for a softmax, 2 for batch norm,
  1 for a rescaling and one comparison less than the window has elements for max pooling; dropout 0;
- bytes: each layer's input, output and parameters moved once, at 4 bytes a number (1 for the uint8 image);
- keras_flops: what the package keras-flops counts for a whole batch.
"""

from collections.abc import Iterable
from math import prod
from typing import NamedTuple

from dscnn import files, layout, networks, params
from dscnn.device import keras, tf
from dscnn.keras_flops_adapter import keras_flops
from dscnn.stage import Problem, run

CONVENTION = (
    "per image, inference; flops = 2 x macs + bias and ReLU 1, softmax 5, batch norm 2, rescaling 1 and max pooling"
    " (window - 1) per output element; bytes = input + output + parameters of each layer once, float32;"
    " keras_flops per batch of keras_flops_batch_size"
)
FLOAT_BYTES = 4
ACTIVATION_FLOPS = {"linear": 0, "relu": 1, "softmax": 5}


class Row(NamedTuple):
    """The cost of one layer, or of one half of a separable convolution; shapes without the batch."""

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    trainable_parameters: int
    macs: int
    flops: int
    bytes: int


def rows(layer: keras.Layer) -> list[Row]:
    """Return the cost of one call of `layer`, channels last, as one row or, for a separable convolution, two.

    Raises `Problem` for a class of layer that has no formula here.
    """
    kind = type(layer).__name__
    if kind == "InputLayer":
        return []
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise Problem(f"layer {layer.name} is channels first; the formulas of dscnn/cost.py are for channels last")
    inputs, output = layer.input, tuple(layer.output.shape[1:])
    read = prod(inputs.shape[1:]) * (1 if inputs.dtype == "uint8" else FLOAT_BYTES)
    size, weights = prod(output), sum(prod(weight.shape) for weight in layer.weights)
    trainable = sum(prod(weight.shape) for weight in layer.trainable_weights)

    def row(macs: int, per_element: int, kind: str = kind) -> Row:
        moved = read + FLOAT_BYTES * (size + weights)
        return Row(layer.name, kind, output, weights, trainable, macs, 2 * macs + per_element * size, moved)

    match kind:
        case "Conv2D" | "Dense":
            bias = int(layer.use_bias) + _activation_flops(layer)
            # each element of the kernel is used once for each place of the output
            return [row(prod(layer.kernel.shape) * prod(output[:-1]), bias)]
        case "SeparableConv2D":
            return _separable(layer, output, read)
        case "BatchNormalization":
            return [row(0, 2)]
        case "MaxPooling2D":
            return [row(0, prod(layer.pool_size) - 1)]
        case "Rescaling":
            return [row(0, 1)]
        case "Flatten" | "Dropout":
            return [Row(layer.name, kind, output, 0, 0, 0, 0, 0)]  # nothing is computed or moved at inference
    raise Problem(f"layer {layer.name}: no cost formula for its class {kind}; dscnn/cost.py has them")


def _separable(layer: keras.Layer, output: tuple[int, ...], read: int) -> list[Row]:
    """The two halves: a depthwise convolution without bias, then a pointwise one with bias and activation."""
    depthwise, pointwise = prod(layer.depthwise_kernel.shape), prod(layer.pointwise_kernel.shape)
    places, middle = prod(output[:-1]), layer.pointwise_kernel.shape[-2]
    biases = output[-1] * int(layer.use_bias)
    first = depthwise * places
    second = pointwise * places
    other = (int(layer.use_bias) + _activation_flops(layer)) * prod(output)
    parts = pointwise + biases
    return [
        Row(
            f"{layer.name}/depthwise", "DepthwiseConv2D", (*output[:-1], middle), depthwise, depthwise,
            first, 2 * first, read + FLOAT_BYTES * (places * middle + depthwise),
        ),
        Row(
            f"{layer.name}/pointwise", "PointwiseConv2D", output, parts, parts,
            second, 2 * second + other, FLOAT_BYTES * (places * middle + prod(output) + parts),
        ),
    ]  # fmt: skip


def _activation_flops(layer: keras.Layer) -> int:
    name = layer.activation.__name__
    if name not in ACTIVATION_FLOPS:
        raise Problem(f"layer {layer.name}: no cost formula for its activation {name}; dscnn/cost.py has them")
    return ACTIVATION_FLOPS[name]


def count(model: keras.Model) -> list[Row]:
    """Return the rows of all layers of `model`, in its order."""
    return [row for layer in model.layers for row in rows(layer)]


def total(table: Iterable[Row]) -> dict[str, int]:
    table = list(table)
    names = ("parameters", "trainable_parameters", "macs", "flops", "bytes")
    return {name: sum(getattr(row, name) for row in table) for name in names}


def main(dataset: str, width: str, architecture: str) -> None:
    """Count one network and check the count against Keras's own number of parameters."""
    settings = params.load()
    entry = settings.catalogue[dataset]
    tf.config.set_visible_devices([], "GPU")  # counting needs none
    keras.config.set_image_data_format("channels_last")
    model = networks.build(
        settings.network, settings.architectures[architecture], float(width), entry.shape, len(entry.classes)
    )
    table = count(model)
    sums = total(table)
    if sums["parameters"] != model.count_params():
        raise Problem(f"{architecture}: counted {sums['parameters']} parameters, Keras has {model.count_params()}")
    batch_size = settings.train.batch_size
    value = {
        **sums,
        "keras_flops": keras_flops(model, batch_size),
        "keras_flops_batch_size": batch_size,
        "convention": CONVENTION,
        "layers": [row._asdict() for row in table],
    }
    files.write_json(layout.cost(dataset, width, architecture), value)
    print(f"{architecture}: {sums['parameters']:,} parameters, {sums['macs']:,} multiply-adds an image")


if __name__ == "__main__":
    run(main)
