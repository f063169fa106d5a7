"""The one place that builds a network: the shared topology, and a kind for each of a block's convolutions."""

from dscnn import params
from dscnn.device import keras
from dscnn.seeds import stream

PIXEL_SCALE = 1 / 255


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
    `kinds` names its two convolutions: "conv", or "separable" (depthwise, then pointwise: MobileNet,
    arXiv 1704.04861); `width` multiplies all filter counts. Everything random comes from `seed` and the
    layer's name, so networks of one seed that share a layer share its initial weights.
    """
    layers, channels_axis = keras.layers, -1
    height, columns, channels = shape
    input_shape: tuple[int, ...] = (height, columns, channels)
    if keras.config.image_data_format() == "channels_first":
        input_shape, channels_axis = (channels, height, columns), 1

    def glorot(*names: str) -> keras.Initializer:
        return keras.initializers.GlorotUniform(seed=stream(seed, "weights", *names))

    def convolution(kind: str, filters: int, name: str) -> keras.Layer:
        common = {"padding": "same", "activation": "relu", "name": name}
        if kind == "conv":
            return layers.Conv2D(filters, network.kernel, kernel_initializer=glorot(name), **common)
        return layers.SeparableConv2D(
            filters,
            network.kernel,
            depthwise_initializer=glorot(name, "depthwise"),
            pointwise_initializer=glorot(name, "pointwise"),
            **common,
        )

    def dropout(rate: float, name: str) -> keras.Layer:
        return layers.Dropout(rate, seed=stream(seed, "dropout", name), name=name)

    def dense(units: int, activation: str, name: str, **more: str) -> keras.Layer:
        return layers.Dense(units, activation=activation, kernel_initializer=glorot(name), name=name, **more)

    images = keras.Input(input_shape, dtype="uint8", name="images")
    x = layers.Rescaling(PIXEL_SCALE, name="scale")(images)
    for number, filters in enumerate(network.filters, 1):
        block, filters = f"block{number}", round(filters * width)
        x = convolution(kinds[0], filters, f"{block}_conv1")(x)
        x = dropout(network.conv_dropout, f"{block}_dropout1")(x)
        x = convolution(kinds[1], filters, f"{block}_conv2")(x)
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
