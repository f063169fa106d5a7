from typing import get_args

import pytest

from dscnn.core.device import keras
from dscnn.experiment.params import Kind
from dscnn.networks.kinds import convolution


def layers(kind: Kind, channels: int, filters: int, kernel: int = 3) -> list[keras.Layer]:
    """Return the layers that a convolution of `kind` is made of."""
    inputs = keras.Input((8, 6, channels))
    return keras.Model(inputs, convolution(kind, inputs, filters, kernel, "a", seed=1)).layers[1:]


def weights(kind: Kind, channels: int, filters: int) -> int:
    """Return by hand how many weights a convolution of `kind` has, biases included, with a kernel of 3 x 3."""
    narrow = filters // 4
    return {
        "conv": 9 * channels * filters + filters,
        "separable": 9 * channels + channels * filters + filters,
        "blueprint": channels * filters + 9 * filters + filters,
        "grouped": 9 * channels // 8 * filters + filters,
        "bottleneck": channels * narrow + narrow + 9 * narrow**2 + narrow + narrow * filters + filters,
        "depthwise": 9 * filters + filters,
    }[kind]


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize(("channels", "filters"), [(16, 16), (16, 32)])
def test_every_kind_keeps_the_size_and_ends_in_a_relu(kind: Kind, channels: int, filters: int) -> None:
    """The number of weights is that by hand; all layers begin with the name given, and the last has it."""
    made = layers(kind, channels, filters)
    assert sum(layer.count_params() for layer in made) == weights(kind, channels, filters)
    assert all(layer.output.shape[1:3] == (8, 6) for layer in made)
    assert made[-1].output.shape[-1] == filters
    assert made[-1].activation.__name__ == "relu"
    assert all(layer.name.startswith("a") for layer in made)
    assert "a" in [layer.name for layer in made]


def test_a_blueprint_is_pointwise_and_then_depthwise_with_one_relu() -> None:
    """BSConv-U (arXiv 2003.13549) is built so."""
    first, second = layers("blueprint", 4, 8)
    assert (first.name, first.kernel_size, first.use_bias, first.activation.__name__) == (
        "a_pointwise", (1, 1), False, "linear",
    )  # fmt: skip
    assert (second.name, type(second).__name__, second.kernel_size) == ("a", "DepthwiseConv2D", (3, 3))


def test_a_bottleneck_has_a_relu_behind_each_of_its_three() -> None:
    """The middle one has a quarter of the filters, and at least one."""
    three = layers("bottleneck", 4, 16)
    assert [(layer.name, layer.filters) for layer in three] == [("a_reduce", 4), ("a", 4), ("a_expand", 16)]
    assert [layer.kernel_size for layer in three] == [(1, 1), (3, 3), (1, 1)]
    assert {layer.activation.__name__ for layer in three} == {"relu"}
    assert [layer.filters for layer in layers("bottleneck", 4, 3)] == [1, 1, 3]


@pytest.mark.parametrize(("channels", "filters", "groups"), [(16, 32, 8), (3, 8, 1), (12, 8, 4), (8, 6, 2)])
def test_groups_are_as_many_as_divide_both_counts(channels: int, filters: int, groups: int) -> None:
    """Three channels of an image cannot be eight groups."""
    (layer,) = layers("grouped", channels, filters)
    assert layer.groups == groups


def test_a_depthwise_convolution_multiplies_channels() -> None:
    """One channel of an image becomes eight, each from it alone."""
    (one,), (eight,) = layers("depthwise", 1, 8), layers("depthwise", 8, 8)
    assert (one.depth_multiplier, eight.depth_multiplier) == (8, 1)


def test_a_kernel_has_the_side_asked_for() -> None:
    """Pointwise convolutions stay 1 x 1."""
    sides = {layer.name: layer.kernel_size for kind in ("conv", "bottleneck") for layer in layers(kind, 4, 8, 5)}
    assert sides == {"a": (5, 5), "a_reduce": (1, 1), "a_expand": (1, 1)}
