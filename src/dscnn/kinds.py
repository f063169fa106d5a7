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


def kind(name: str, layer_class: str) -> str:
    """Return the kind of a layer, or half of one, by its name and the class that `dscnn.counter` gives it.

    The first convolution is a kind of its own: it sees the few channels of the images.
    """
    if name.startswith("block1_conv1"):
        return FIRST
    return "pointwise" if name.endswith(POINTWISE) else NAMES[layer_class]
