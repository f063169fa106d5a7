import json
from pathlib import Path

import pytest

from conftest import PROJECT
from dscnn import cost, layout, networks, params
from dscnn.device import keras
from dscnn.stage import Problem

REFERENCE = params.load(PROJECT / "presets/cifar10.yaml")
MACS = [("RegularConv", 2_911_937_152), ("BothConv", 627_229_312), ("SeparableConv", 330_788_480)]


def closed_form(kinds: tuple[str, str]) -> tuple[int, int]:
    """Return multiply-adds and parameters of the reference network, from the textbook formulas alone."""
    macs, parameters, side, channels = 0, 0, 32, 3
    for filters in (512, 256, 128):
        for kind in kinds:
            if kind == "conv":
                macs += side * side * 9 * channels * filters
                parameters += 9 * channels * filters + filters
            else:
                macs += side * side * (9 * channels + channels * filters)
                parameters += 9 * channels + channels * filters + filters
            channels = filters
        side //= 2
        parameters += 4 * filters  # batch norm: scale, shift, mean, variance
    units = side * side * channels
    for width in (256, 128, 64, 10):
        macs += units * width
        parameters += units * width + width
        units = width
    return macs, parameters


@pytest.mark.parametrize(("name", "macs"), MACS)
def test_the_reference_networks_multiply_adds(name: str, macs: int) -> None:
    """The counter, the published number and the closed form agree to the last multiply-add."""
    kinds = REFERENCE.architectures[name]
    sums = cost.total(cost.count(networks.build(REFERENCE.network, kinds, 1.0, (32, 32, 3), 10)))
    assert (sums["macs"], sums["parameters"]) == closed_form(kinds)
    assert sums["macs"] == macs


def test_the_ratio_of_a_separable_layer_is_that_of_the_paper() -> None:
    """1/N + 1/9 of a full convolution (MobileNet, arXiv 1704.04861, section 3.1)."""
    rows = {}
    for kinds in (("conv", "conv"), ("separable", "separable")):
        model = networks.build(REFERENCE.network, kinds, 1.0, (32, 32, 3), 10)
        rows[kinds[0]] = sum(row.macs for row in cost.count(model) if row.name.startswith("block1_conv2"))
    assert rows["separable"] / rows["conv"] == pytest.approx(1 / 512 + 1 / 9, rel=1e-12)


def only(layer: keras.Layer, *shape: int, dtype: str = "float32") -> list[cost.Row]:
    """Return the rows of a network of one layer."""
    images = keras.Input(shape, dtype=dtype)
    return cost.count(keras.Model(images, layer(images)))


def test_a_convolution_by_hand() -> None:
    """4 x 6 places, 3 x 3 kernel, 2 to 5 channels, bias and ReLU; bytes of 48 + 120 + 95 floats."""
    (row,) = only(keras.layers.Conv2D(5, 3, padding="same", activation="relu", name="c"), 4, 6, 2)
    assert row == ("c", "Conv2D", (4, 6, 5), 95, 95, 2160, 2 * 2160 + 2 * 120, 4 * (48 + 120 + 95))


def test_strides_padding_and_groups_need_no_formula_of_their_own() -> None:
    """Valid padding and stride 2 leave 2 x 2 places; 2 groups halve the kernel."""
    (row,) = only(keras.layers.Conv2D(4, 3, strides=2, groups=2, use_bias=False), 5, 6, 2)
    assert row.output_shape == (2, 2, 4)
    assert (row.parameters, row.macs, row.flops) == (36, 144, 288)


def test_a_separable_convolution_by_hand() -> None:
    """Two rows: 3 x 3 for each of 2 channels, then 2 to 5 with bias and ReLU."""
    layer = keras.layers.SeparableConv2D(5, 3, padding="same", activation="relu", name="s")
    depthwise, pointwise = only(layer, 4, 6, 2)
    shape = (4, 6)
    assert depthwise == ("s/depthwise", "DepthwiseConv2D", (*shape, 2), 18, 18, 432, 864, 4 * (48 + 48 + 18))
    assert pointwise == ("s/pointwise", "PointwiseConv2D", (*shape, 5), 15, 15, 240, 720, 4 * (48 + 120 + 15))


def test_a_dense_layer_by_hand() -> None:
    """6 to 4 with bias and softmax: 24 multiply-adds, 1 + 5 an output."""
    (row,) = only(keras.layers.Dense(4, activation="softmax", name="d"), 6)
    assert row == ("d", "Dense", (4,), 28, 28, 24, 48 + 24, 4 * (6 + 4 + 28))


def test_the_other_layers_by_hand() -> None:
    """Rescaling reads bytes; pooling compares; batch norm scales and shifts; the rest is free."""
    (scale,) = only(keras.layers.Rescaling(0.5), 4, 4, 2, dtype="uint8")
    assert (scale.flops, scale.bytes) == (32, 32 + 128)
    (pool,) = only(keras.layers.MaxPooling2D(2), 4, 4, 2)
    assert (pool.output_shape, pool.flops) == ((2, 2, 2), 3 * 8)
    (norm,) = only(keras.layers.BatchNormalization(), 4, 4, 2)
    assert (norm.parameters, norm.trainable_parameters, norm.flops) == (8, 4, 64)
    for free in (keras.layers.Dropout(0.5), keras.layers.Flatten()):
        (row,) = only(free, 4, 4, 2)
        assert (row.macs, row.flops, row.bytes, row.parameters) == (0, 0, 0, 0)


def test_channels_first_is_a_problem_not_a_wrong_count() -> None:
    """The formulas look for the channels at the end."""
    with pytest.raises(Problem, match="layer odd is channels first"):
        only(keras.layers.Conv2D(5, 3, data_format="channels_first", name="odd"), 2, 6, 6)


def test_a_layer_without_a_formula_is_a_problem() -> None:
    """With its name and class: never a zero."""
    with pytest.raises(Problem, match="layer odd: no cost formula for its class GaussianNoise"):
        only(keras.layers.GaussianNoise(0.5, name="odd"), 4, 4, 2)
    with pytest.raises(Problem, match="layer odd: no cost formula for its activation tanh"):
        only(keras.layers.Dense(3, activation="tanh", name="odd"), 4)


def test_main_writes_totals_and_every_layer(folder: Path) -> None:
    """The totals are the sums of the rows; keras-flops counts the batch of params.yaml."""
    keras.config.set_image_data_format("channels_first")  # a user's keras.json may say so
    cost.main("stripes", "0.5", "Separable")
    assert keras.config.image_data_format() == "channels_last"
    value = json.loads(layout.cost("stripes", "0.5", "Separable").read_text())
    for name in ("parameters", "trainable_parameters", "macs", "flops", "bytes"):
        assert value[name] == sum(row[name] for row in value["layers"]) > 0
    assert value["keras_flops_batch_size"] == 16
    assert value["keras_flops"] == pytest.approx(16 * value["flops"], rel=0.2)
    assert "per image, inference" in value["convention"]
