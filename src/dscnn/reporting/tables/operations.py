"""The operation that a layer is, as a reader of the report tells layers apart."""

FIRST = "first convolution"
NAMES = {
    "Conv2D": "convolution",
    "DepthwiseConv2D": "depthwise",
    "PointwiseConv2D": "pointwise",
    "MaxPooling2D": "pooling",
    "BatchNormalization": "batch norm",
    "Dropout": "dropout",
    "Dense": "dense",
    "Rescaling": "scaling pixels",
    "Flatten": "flatten",
}
POINTWISE = ("_pointwise", "_reduce", "_expand")  # 1 x 1 convolutions by their names in dscnn/networks/kinds.py
SEES_IMAGES = ("", "/depthwise", "/pointwise", "_pointwise", "_reduce")  # of the first convolution's parts


def operation(name: str, layer_class: str) -> str:
    """Return the operation of a layer, or part of one, by its name and the class that `dscnn.costs.counter` gives it.

    What sees the few channels of the images counts by itself: the first convolution, both halves if it is
    separable, the first two of a bottleneck. A depthwise one behind a blueprint's pointwise one is not counted so,
    and by its name a depthwise one alone cannot be told from that.
    """
    known = NAMES[layer_class]
    suffix = name.removeprefix("block1_conv1")
    if suffix != name and suffix in SEES_IMAGES and (suffix or known == "convolution"):
        return FIRST
    return "pointwise" if name.endswith(POINTWISE) else known
