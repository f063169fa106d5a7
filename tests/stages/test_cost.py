import json
from pathlib import Path

import pytest

from dscnn.core import paths
from dscnn.core.device import keras
from dscnn.stages import cost


def test_main_writes_totals_and_every_layer(folder: Path) -> None:
    """The totals are the sums of the rows, in float32; keras-flops counts the batch of params.yaml."""
    keras.config.set_image_data_format("channels_first")  # a user's keras.json may say so
    keras.config.set_dtype_policy("mixed_bfloat16")
    cost.main("stripes", "0.5", "Separable")
    assert keras.config.image_data_format() == "channels_last"
    value = json.loads(paths.metrics("cost", "stripes", "0.5", "Separable").read_text())
    for name in ("parameters", "trainable_parameters", "macs", "flops", "bytes", "forward_flops", "backward_bytes"):
        assert value[name] == sum(row[name] for row in value["layers"]) > 0
    first = next(row for row in value["layers"] if row["layer_class"] == "DepthwiseConv2D")
    assert first["read_bytes"] == 4 * (8 * 8 + 9)
    assert value["keras_flops_batch_size"] == 16
    assert value["keras_flops"] == sum(value["keras_flops_by_operation"].values())
    assert value["keras_flops"] == pytest.approx(16 * value["flops"], rel=0.2)
    assert 0 < value["activation_bytes"]["inference"] < value["activation_bytes"]["training"]
    assert "one image, float32" in value["convention"]
