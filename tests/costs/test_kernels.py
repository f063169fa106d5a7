"""The formulas of layers with a kernel against hand counts, in shapes that tell the axes apart."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from counted import only
from dscnn.core.device import keras, tf
from dscnn.core.stage import Problem
from dscnn.costs.counter import count
from dscnn.costs.work import NOTHING, Work

L = keras.layers


def test_a_convolution_by_hand() -> None:
    """It has 4 x 6 places, a 3 x 3 kernel, 2 to 5 channels, bias and ReLU, and so 48 + 120 + 95 numbers."""
    (row,) = only(L.Conv2D(5, 3, padding="same", activation="relu", name="c"), 4, 6, 2)
    assert (row.name, row.layer_class, row.output_shape, row.matrix) == ("c", "Conv2D", (4, 6, 5), True)
    assert (row.parameters, row.trainable_parameters, row.macs) == (95, 95, 2160)
    assert row.inference == Work(2 * 2160 + 2 * 120, 4 * (48 + 95), 4 * 120)
    assert row.forward == row.inference
    # nothing before it is trained: the ReLU's gradient (two read, one written) and that of the weights
    assert row.backward == Work(2 * 2160 + 2 * 120, 4 * (240 + 48 + 120), 4 * (120 + 95), passes=2)


def test_the_gradient_of_the_inputs_is_a_second_pass() -> None:
    """It is made if a layer before is trained, from the upstream gradient and the weights."""
    first, second = L.Dense(4, use_bias=False), L.Dense(3, use_bias=False)
    rows = count(keras.Sequential([keras.Input((5,)), first, second]))
    assert rows[0].backward == Work(2 * 20, 4 * (5 + 4), 4 * 20)
    assert rows[1].backward == Work(2 * 2 * 12, 4 * (4 + 3 + 3 + 12), 4 * (12 + 4), passes=2)
    first.trainable = False
    rows = count(keras.Sequential([keras.Input((5,)), first, second]))
    assert rows[0].backward == NOTHING
    assert rows[0].trainable_parameters == 0
    assert rows[1].backward == Work(2 * 12, 4 * (4 + 3), 4 * 12)


MACS: list[tuple[str, Callable[[], Any], tuple[int, ...], int, int]] = [
    # name, layer, shape of the input, multiply-adds, parameters
    ("1D, stride 2, valid", lambda: L.Conv1D(5, 3, strides=2), (9, 2), 4 * 3 * 2 * 5, 35),
    ("1D, dilation 2, valid", lambda: L.Conv1D(5, 3, dilation_rate=2), (9, 2), 5 * 3 * 2 * 5, 35),
    ("2D, stride 2, same", lambda: L.Conv2D(5, (3, 2), strides=2, padding="same"), (5, 6, 2), 9 * 6 * 2 * 5, 65),
    ("2D, 2 groups", lambda: L.Conv2D(4, 3, groups=2, use_bias=False), (5, 6, 2), 12 * 9 * 1 * 4, 36),
    ("3D, valid", lambda: L.Conv3D(5, 2), (3, 4, 5, 2), 24 * 8 * 2 * 5, 85),
    ("depthwise 1D, multiplier 3", lambda: L.DepthwiseConv1D(3, depth_multiplier=3), (9, 2), 7 * 3 * 6, 24),
    ("depthwise 2D, stride 2", lambda: L.DepthwiseConv2D(3, strides=2, padding="same"), (5, 6, 2), 9 * 9 * 2, 20),
    ("depthwise 2D, dilation 2", lambda: L.DepthwiseConv2D(3, dilation_rate=2), (5, 6, 2), 2 * 9 * 2, 20),
    ("separable 1D", lambda: L.SeparableConv1D(5, 3), (9, 2), 7 * (3 * 2 + 2 * 5), 21),
    ("separable 2D, multiplier 3", lambda: L.SeparableConv2D(5, 3, strides=2, padding="same", depth_multiplier=3),
     (5, 6, 2), 9 * (9 * 6 + 6 * 5), 89),
    ("transposed 1D", lambda: L.Conv1DTranspose(5, 3, strides=2), (4, 2), 4 * 3 * 2 * 5, 35),
    ("transposed 2D", lambda: L.Conv2DTranspose(5, 3, strides=2, padding="same"), (4, 6, 2), 24 * 9 * 2 * 5, 95),
    ("transposed 3D", lambda: L.Conv3DTranspose(5, 2), (3, 4, 5, 2), 60 * 8 * 2 * 5, 85),
    ("dense", lambda: L.Dense(4), (6,), 24, 28),
    ("dense over places", lambda: L.Dense(4, use_bias=False), (3, 5, 6), 15 * 24, 24),
]  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "shape", "macs", "parameters"), [each[1:] for each in MACS], ids=[each[0] for each in MACS]
)
def test_multiply_adds_by_hand(layer: Callable[[], Any], shape: tuple[int, ...], macs: int, parameters: int) -> None:
    """Each number of a kernel is used once for each place."""
    rows = only(layer(), *shape)
    assert sum(row.macs for row in rows) == macs
    assert sum(row.parameters for row in rows) == parameters


@pytest.mark.parametrize(("layer", "shape"), [each[1:3] for each in MACS], ids=[each[0] for each in MACS])
def test_padding_is_what_ones_do_not_multiply(layer: Callable[[], Any], shape: tuple[int, ...]) -> None:
    """With kernels and images of ones, and no bias, the outputs add up to the multiply-adds that are no padding."""
    made = layer()
    made.build((None, *shape))
    for weight in made.weights:
        weight.assign(tf.ones(weight.shape) if len(weight.shape) > 1 else tf.zeros(weight.shape))
    first, *pointwise = only(made, *shape)
    assert all(row.padding_macs == 0 for row in pointwise)
    times = made.filters if pointwise else 1  # each number of the first half is added to each output of the second
    total = float(tf.reduce_sum(made(tf.ones((1, *shape)))))
    assert times * (first.macs - first.padding_macs) == total


@pytest.mark.parametrize(
    ("name", "layer", "shape"),
    [each[:3] for each in MACS if each[0].split()[0] in ("1D,", "2D,", "separable", "transposed", "depthwise")],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_channels_first_costs_the_same(name: str, layer: Callable[[], Any], shape: tuple[int, ...]) -> None:
    """Channels first has the same numbers at other places."""
    turned = layer()
    turned = type(turned).from_config(turned.get_config() | {"data_format": "channels_first"})
    last, first = only(layer(), *shape), only(turned, shape[-1], *shape[:-1])
    assert [(row.macs, row.inference, row.backward) for row in first] == [
        (row.macs, row.inference, row.backward) for row in last
    ]
    assert first[0].output_shape == (last[0].output_shape[-1], *last[0].output_shape[:-1])


def test_a_separable_convolution_is_its_two_halves() -> None:
    """It costs the same as a depthwise layer without bias and a pointwise one with bias and ReLU."""
    halves = keras.Sequential(
        [
            keras.Input((5, 6, 2)),
            L.DepthwiseConv2D(3, padding="same", depth_multiplier=3, use_bias=False),
            L.Conv2D(5, 1, activation="relu"),
        ]
    )
    depthwise, pointwise = only(
        L.SeparableConv2D(5, 3, padding="same", depth_multiplier=3, activation="relu", name="s"), 5, 6, 2
    )
    for row, half in zip((depthwise, pointwise), count(halves), strict=True):
        assert row.flat() | {"name": "", "layer_class": ""} == half.flat() | {"name": "", "layer_class": ""}
    assert (depthwise.name, depthwise.layer_class, depthwise.matrix) == ("s/depthwise", "DepthwiseConv2D", False)
    assert (pointwise.name, pointwise.layer_class, pointwise.matrix) == ("s/pointwise", "PointwiseConv2D", True)


ACTIVATIONS = [
    # name, FLOPs a number, whether it is a pass of its own because its gradient needs what went in
    ("relu", 1, False),
    ("tanh", 5, False),
    ("elu", 4, True),
    ("selu", 5, True),
    ("gelu", 5, True),
    ("silu", 5, True),
]


@pytest.mark.parametrize(("name", "flops", "own_pass"), ACTIVATIONS)
def test_an_activation_costs_the_same_as_layer_and_in_a_layer(name: str, flops: int, own_pass: bool) -> None:
    """It works on four numbers, in a dense layer beside a product of 4 x 4 and a bias."""
    (alone,) = only(L.Activation(name), 4)
    assert alone.inference.flops == 4 * flops
    dense, *rest = only(L.Dense(4, activation=name), 4)
    assert dense.inference.flops + sum(row.inference.flops for row in rest) == 2 * 16 + 4 + 4 * flops
    assert [row.name for row in rest] == [f"{dense.name}/activation"] * own_pass


@pytest.mark.parametrize(("activation", "said"), [(np.abs, "absolute"), (lambda x: tf.abs(x), "<lambda>")])
def test_an_activation_without_a_formula_is_a_problem(activation: Any, said: str) -> None:
    """The message has its name and that of its layer; it never counts as zero."""
    with pytest.raises(Problem, match=f"layer odd: no cost formula for its activation {said}"):
        only(L.Dense(3, activation=activation, name="odd"), 4)
