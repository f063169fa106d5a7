"""What kind of work a pass is, as a reader of the report tells passes apart."""

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
POINTWISE = ("_pointwise", "_reduce", "_expand")  # 1 x 1 convolutions by their names in dscnn/networks.py
SEES_IMAGES = ("", "/depthwise", "/pointwise", "_pointwise", "_reduce")  # of the first convolution's parts


def kind(name: str, layer_class: str) -> str:
    """Return the kind of a layer, or part of one, by its name and the class that `dscnn.counter` gives it.

    What sees the few channels of the images is a kind of its own: the first convolution, both halves if it is
    separable, but not what follows a blueprint's or a bottleneck's first pointwise one.
    """
    known = NAMES[layer_class]
    suffix = name.removeprefix("block1_conv1")
    if suffix != name and suffix in SEES_IMAGES and (suffix or known == "convolution"):
        return FIRST
    return "pointwise" if name.endswith(POINTWISE) else known
