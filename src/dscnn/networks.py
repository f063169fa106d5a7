"""The one place that builds a network: the shared topology, and a kind for each of a block's convolutions."""

from math import gcd
from typing import Any

from dscnn import params
from dscnn.device import keras
from dscnn.seeds import stream

PIXEL_SCALE = 1 / 255
GROUPS = 8
BOTTLENECK = 4


def build(
    network: params.Network,
    kinds: params.Kinds,
    width: float,
    shape: tuple[int, int, int],
    classes: int,
    seed: int = 0,
) -> keras.Model:
    """Return the untrained network for uint8 images of `shape` (height, width, channels).

    It maps a batch of images, laid out as `keras.config.image_data_format()` says, to class probabilities
    of shape `(batch, classes)`. A block is conv, dropout, conv, max pooling by 2, batch norm, dropout;
    `kinds` names its two convolutions (see `convolution`); `width` multiplies all filter counts. Everything
    random comes from `seed` and the layer's name, so networks of one seed that share a layer share its initial weights.
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
    x = layers.Rescaling(PIXEL_SCALE, name="scale")(images)
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


def glorot(seed: int, *names: str) -> keras.Initializer:
    return keras.initializers.GlorotUniform(seed=stream(seed, "weights", *names))


def convolution(kind: params.Kind, inputs: Any, filters: int, kernel: int, name: str, seed: int) -> Any:
    """Return `filters` channels made of `inputs` by a convolution of `kind`, with a ReLU behind it:

    - conv: every output channel sees every input channel;
    - separable: depthwise, then pointwise (MobileNet, arXiv 1704.04861), one layer in Keras;
    - blueprint: pointwise, then depthwise (BSConv-U, arXiv 2003.13549);
    - grouped: 8 groups of channels that do not see each other (AlexNet, ResNeXt: arXiv 1611.05431), or as many as
      divide both counts of channels;
    - bottleneck: pointwise to a quarter of the filters, conv, pointwise, a ReLU behind each (ResNet, arXiv 1512.03385);
    - depthwise: each input channel alone, with as many outputs as make `filters`, which its number has to divide.
    """
    layers = keras.layers
    channels = inputs.shape[1 if keras.config.image_data_format() == "channels_first" else -1]

    def conv(size: int, count: int, suffix: str = "", activation: str | None = "relu", **more: Any) -> keras.Layer:
        initial, padding = glorot(seed, name + suffix), "same"
        return layers.Conv2D(
            count, size, padding=padding, activation=activation, kernel_initializer=initial, name=name + suffix, **more
        )

    def depthwise(multiplier: int) -> keras.Layer:
        return layers.DepthwiseConv2D(
            kernel,
            padding="same",
            depth_multiplier=multiplier,
            activation="relu",
            depthwise_initializer=glorot(seed, name, "depthwise"),
            name=name,
        )

    match kind:
        case "conv":
            return conv(kernel, filters)(inputs)
        case "separable":
            return layers.SeparableConv2D(
                filters,
                kernel,
                padding="same",
                activation="relu",
                depthwise_initializer=glorot(seed, name, "depthwise"),
                pointwise_initializer=glorot(seed, name, "pointwise"),
                name=name,
            )(inputs)
        case "blueprint":
            return depthwise(1)(conv(1, filters, "_pointwise", None, use_bias=False)(inputs))
        case "grouped":
            return conv(kernel, filters, groups=gcd(GROUPS, channels, filters))(inputs)
        case "bottleneck":
            narrow = max(1, filters // BOTTLENECK)
            return conv(1, filters, "_expand")(conv(kernel, narrow)(conv(1, narrow, "_reduce")(inputs)))
        case "depthwise":
            return depthwise(filters // channels)(inputs)
