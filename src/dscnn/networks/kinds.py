"""The kinds of convolution that an architecture may name in params.yaml.

A new kind is a case below and its name in `Kind` of `dscnn.experiment.params`.
"""

from math import gcd
from typing import Any

from dscnn.core.device import keras
from dscnn.core.seeds import stream
from dscnn.experiment.params import Kind

GROUPS = 8
BOTTLENECK = 4


def glorot(seed: int, *names: str) -> keras.Initializer:
    return keras.initializers.GlorotUniform(seed=stream(seed, "weights", *names))


def convolution(kind: Kind, inputs: Any, filters: int, kernel: int, name: str, seed: int) -> Any:
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
