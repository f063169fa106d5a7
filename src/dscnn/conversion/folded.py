"""A trained network as it is converted: the same function, written so that 8-bit integers can hold it.

A batch norm after max pooling multiplies and adds. In 8-bit integers all its factors share one scale, and so do all
channels that it reads: if one channel has a much larger factor than the others, little is left of those. ReLU and max
pooling let a positive factor through. So here the size of each factor is in the convolution before them, whose
weights have a scale for each channel. Signs and offsets stay behind: as a depthwise convolution of 1 x 1, whose
offsets are 32-bit integers.
"""

from typing import Any, NamedTuple

import numpy as np

from dscnn.core.device import keras

CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)
LET_THROUGH = (keras.layers.Dropout, keras.layers.MaxPooling2D)


class Folded(NamedTuple):
    """The network for images as floating point numbers, and the norms whose factors could not move."""

    network: keras.Model
    kept: list[str]


def folded(network: keras.Model) -> Folded:
    """Return `network`, a chain of layers with channels last, without dropout and batch norm.

    The factors of a norm stay where they are unless a convolution with bias and ReLU is before it, with nothing but
    pooling and dropout between.
    """
    chain = network.layers[1:]
    norms = [layer for layer in chain if isinstance(layer, keras.layers.BatchNormalization)]
    takers = {norm.name: taker(chain[: chain.index(norm)]) for norm in norms}
    sizes = {}
    for norm in norms:
        layer = takers[norm.name]
        if layer is not None:
            sizes[layer.name] = np.abs(factors(norm))
    # the network's own input is uint8, and its cast to floating point would stay in an integer model
    images = outputs = keras.Input(network.input.shape[1:], dtype="float32")
    for layer in chain:
        if layer in norms:
            outputs = signs_and_offsets(layer, takers[layer.name] is not None, outputs)
        elif layer.name in sizes:
            outputs = multiplied(layer, sizes[layer.name], outputs)
        elif not isinstance(layer, keras.layers.Dropout):
            outputs = layer(outputs)
    return Folded(keras.Model(images, outputs), [norm.name for norm in norms if takers[norm.name] is None])


def taker(before: list[keras.Layer]) -> keras.Layer | None:
    """Return the convolution that can take a positive factor from behind the layers `before`, if there is one."""
    last = next((layer for layer in reversed(before) if not isinstance(layer, LET_THROUGH)), None)
    fits = isinstance(last, CONVOLUTIONS) and last.use_bias and last.activation is keras.activations.relu
    return last if fits else None


def factors(norm: keras.Layer) -> Any:
    """Return what `norm` multiplies each channel by."""
    return norm.gamma.numpy() / np.sqrt(norm.moving_variance.numpy() + norm.epsilon)


def signs_and_offsets(norm: keras.Layer, moved: bool, inputs: Any) -> Any:
    """Apply `norm` as a depthwise convolution; where the size of its factors has `moved`, their signs are left."""
    factor = factors(norm)
    left = np.copysign(1, factor) if moved else factor
    layer = keras.layers.DepthwiseConv2D(1, name=norm.name)
    outputs = layer(inputs)
    layer.set_weights([left.reshape(1, 1, -1, 1), norm.beta.numpy() - norm.moving_mean.numpy() * factor])
    return outputs


def multiplied(layer: keras.Layer, size: Any, inputs: Any) -> Any:
    """Apply the convolution `layer` with its output channels multiplied by `size`."""
    *first, kernel, bias = layer.get_weights()
    channels = kernel.shape[-2:] if isinstance(layer, keras.layers.DepthwiseConv2D) else kernel.shape[-1:]
    copy = type(layer).from_config(layer.get_config())
    outputs = copy(inputs)
    copy.set_weights([*first, kernel * size.reshape(channels), bias * size])
    return outputs
