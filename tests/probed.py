"""A small record of stage probes, made by hand: layers that do the work of those in tests/timed.py, in other times."""

from typing import Any

from timed import FIRST, POOL, RECORD, layer, timing

PROBED: dict[str, Any] = {
    "environment": RECORD["environment"],
    "batch_size": 16,
    "rounds": 5,
    "load": RECORD["load"],
    "probes": {
        "4 x 4 8 conv+conv": {
            "trainable_parameters": 1000,
            "optimizer": timing(0.02),
            "loss": timing(0.004),
            "layers": [
                FIRST | {"training_seconds": timing(0.024), "inference_seconds": timing(0.008)},
                layer("block1_conv2", "Conv2D", 4 * 10**7, 10**6, 0.33),
                POOL,
            ],
        },
        "4 x 4 8 separable+separable": {
            "trainable_parameters": 3000,
            "optimizer": timing(0.04),
            "loss": timing(0.006),
            "layers": [
                layer("block1_conv2/depthwise", "DepthwiseConv2D", 10**6, 10**6, 0.1, matrix=False),
                layer("block1_conv2/pointwise", "PointwiseConv2D", 4 * 10**6, 10**6, 0.05),
            ],
        },
    },
}
