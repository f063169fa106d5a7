"""The one place that builds a network: the topology that all architectures share."""

from collections.abc import Mapping

import numpy as np

from dscnn.core.device import keras
from dscnn.core.seeds import stream
from dscnn.core.stage import Problem
from dscnn.experiment.params import Kinds, Network
from dscnn.networks.kinds import convolution, glorot

LARGEST = 255  # that a pixel can be


def build(
    network: Network,
    kinds: Kinds,
    width: float,
    shape: tuple[int, int, int],
    classes: int,
    seed: int = 0,
) -> keras.Model:
    """Return the untrained network for uint8 images of `shape` (height, width, channels).

    It maps a batch of images, laid out as `keras.config.image_data_format()` says, to class probabilities
    of shape `(batch, classes)`. A block is conv, dropout, conv, max pooling by 2, batch norm, dropout;
    `kinds` names its two convolutions (see `dscnn.networks.kinds`); `width` multiplies all filter counts. Pixels from 0
    to 1 lose `network.pixel_mean` and are divided by `network.pixel_std` first. Everything random comes from `seed` and
    the layer's name, so networks of one seed that share a layer share its initial weights.
    """
    layers, channels_axis = keras.layers, -1
    height, columns, channels = shape
    input_shape: tuple[int, ...] = (height, columns, channels)
    if keras.config.image_data_format() == "channels_first":
        input_shape, channels_axis = (channels, height, columns), 1

    def dropout(rate: float, name: str) -> keras.Layer:
        return layers.Dropout(rate, seed=stream(seed, "dropout", name), name=name)

    def dense(units: int, activation: str, name: str, **more: str) -> keras.Layer:
        initial = glorot(seed, name)
        return layers.Dense(units, activation=activation, kernel_initializer=initial, name=name, **more)

    images = keras.Input(input_shape, dtype="uint8", name="images")
    factor = 1 / (LARGEST * network.pixel_std)
    x = layers.Rescaling(factor, offset=-network.pixel_mean / network.pixel_std, name="scale")(images)
    for number, filters in enumerate(network.filters, 1):
        block, filters = f"block{number}", round(filters * width)
        x = convolution(kinds[0], x, filters, network.kernel, f"{block}_conv1", seed)
        x = dropout(network.conv_dropout, f"{block}_dropout1")(x)
        x = convolution(kinds[1], x, filters, network.kernel, f"{block}_conv2", seed)
        x = layers.MaxPooling2D(2, name=f"{block}_pool")(x)
        x = layers.BatchNormalization(axis=channels_axis, momentum=network.norm_momentum, name=f"{block}_norm")(x)
        x = dropout(network.block_dropout, f"{block}_dropout2")(x)
    x = layers.Flatten(name="flatten")(x)
    for number, units in enumerate(network.dense, 1):
        x = dense(units, "relu", f"dense{number}")(x)
        if number < len(network.dense):
            x = dropout(network.dense_dropout, f"dense{number}_dropout")(x)
    probabilities = dense(classes, "softmax", "classes", dtype="float32")(x)
    return keras.Model(images, probabilities)


def restore(model: keras.Model, weights: Mapping[str, np.ndarray], source: object) -> None:
    """Give `model` the values in `weights`, by name; raises `Problem` unless names and shapes are the same."""
    expected = {variable.path: tuple(variable.shape) for variable in model.weights}
    if {name: value.shape for name, value in weights.items()} != expected:
        raise Problem(f"{source} holds the weights of another network; remove it, 'dvc repro' makes it again")
    for variable in model.weights:
        variable.assign(weights[variable.path])


def laid_out(images: np.ndarray) -> np.ndarray:
    """Return `images` (n, height, width, channels) laid out as `keras.config.image_data_format()` says."""
    first = keras.config.image_data_format() == "channels_first"
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2)) if first else images
