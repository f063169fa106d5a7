"""Each formula against a hand count: shapes small enough to count, odd enough to tell the axes apart."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dscnn import counter
from dscnn.device import keras, tf
from dscnn.stage import Problem

L = keras.layers


def only(layer: Any, *shape: int, dtype: str = "float32") -> list[counter.Row]:
    """Return the rows of a model of one layer, for one image."""
    images = keras.Input(shape, dtype=dtype)
    return counter.count(keras.Model(images, layer(images)))


def test_a_convolution_by_hand() -> None:
    """4 x 6 places, 3 x 3 kernel, 2 to 5 channels, bias and ReLU; bytes of 48 + 120 + 95 floats."""
    (row,) = only(L.Conv2D(5, 3, padding="same", activation="relu", name="c"), 4, 6, 2)
    assert (row.name, row.kind, row.output_shape, row.matrix) == ("c", "Conv2D", (4, 6, 5), True)
    assert (row.parameters, row.trainable_parameters, row.macs) == (95, 95, 2160)
    assert row.inference == counter.Work(2 * 2160 + 2 * 120, 4 * (48 + 95), 4 * 120)
    assert row.forward == row.inference
    # nothing before it is trained: the ReLU's gradient (two read, one written) and that of the weights
    assert row.backward == counter.Work(2 * 2160 + 2 * 120, 4 * (240 + 48 + 120), 4 * (120 + 95), passes=2)


def test_the_gradient_of_the_inputs_is_a_second_pass() -> None:
    """Flows as soon as a layer before is trained: upstream and weights read, one number an input written."""
    first, second = L.Dense(4, use_bias=False), L.Dense(3, use_bias=False)
    rows = counter.count(keras.Sequential([keras.Input((5,)), first, second]))
    assert rows[0].backward == counter.Work(2 * 20, 4 * (5 + 4), 4 * 20)
    assert rows[1].backward == counter.Work(2 * 2 * 12, 4 * (4 + 3 + 3 + 12), 4 * (12 + 4), passes=2)
    first.trainable = False
    rows = counter.count(keras.Sequential([keras.Input((5,)), first, second]))
    assert rows[0].backward == counter.NOTHING
    assert rows[0].trainable_parameters == 0
    assert rows[1].backward == counter.Work(2 * 12, 4 * (4 + 3), 4 * 12)


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
    """Each element of a kernel is used once for each place."""
    rows = only(layer(), *shape)
    assert sum(row.macs for row in rows) == macs
    assert sum(row.parameters for row in rows) == parameters


@pytest.mark.parametrize(
    ("name", "layer", "shape"),
    [each[:3] for each in MACS if each[0].split()[0] in ("1D,", "2D,", "separable", "transposed", "depthwise")],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_channels_first_costs_the_same(name: str, layer: Callable[[], Any], shape: tuple[int, ...]) -> None:
    """The same numbers at other places."""
    turned = layer()
    turned = type(turned).from_config(turned.get_config() | {"data_format": "channels_first"})
    last, first = only(layer(), *shape), only(turned, shape[-1], *shape[:-1])
    assert [(row.macs, row.inference, row.backward) for row in first] == [
        (row.macs, row.inference, row.backward) for row in last
    ]
    assert first[0].output_shape == (last[0].output_shape[-1], *last[0].output_shape[:-1])


def test_a_separable_convolution_is_its_two_halves() -> None:
    """As two layers of their own: depthwise without bias, then pointwise with bias and ReLU."""
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
    for row, half in zip((depthwise, pointwise), counter.count(halves), strict=True):
        assert row.flat() | {"name": "", "kind": ""} == half.flat() | {"name": "", "kind": ""}
    assert (depthwise.name, depthwise.kind, depthwise.matrix) == ("s/depthwise", "DepthwiseConv2D", False)
    assert (pointwise.name, pointwise.kind, pointwise.matrix) == ("s/pointwise", "PointwiseConv2D", True)


FLOPS: list[tuple[str, Callable[[], Any], tuple[int, ...], int]] = [
    ("rescaling", lambda: L.Rescaling(0.5), (4, 6, 2), 48),
    ("rescaling with an offset", lambda: L.Rescaling(0.5, offset=-1), (4, 6, 2), 96),
    ("max pooling", lambda: L.MaxPooling2D((2, 3)), (4, 6, 2), 5 * 8),
    ("average pooling", lambda: L.AveragePooling1D(3), (6, 2), 3 * 4),
    ("max pooling, same", lambda: L.MaxPooling3D(2, padding="same"), (3, 3, 3, 2), 7 * 16),
    ("global average pooling", lambda: L.GlobalAveragePooling2D(), (4, 6, 2), 24 * 2),
    ("global max pooling", lambda: L.GlobalMaxPooling1D(), (6, 2), 5 * 2),
    ("batch norm", lambda: L.BatchNormalization(), (4, 6, 2), 96),
    ("layer norm", lambda: L.LayerNormalization(), (6, 2), 96),
    ("ReLU", lambda: L.ReLU(), (6, 2), 12),
    ("ReLU up to 6", lambda: L.ReLU(6.0), (6, 2), 24),
    ("activation", lambda: L.Activation("sigmoid"), (6, 2), 48),
    ("softmax", lambda: L.Softmax(), (6, 2), 60),
    ("PReLU", lambda: L.PReLU(), (6, 2), 24),
    ("an operation with a constant", lambda: lambda x: x * 2.0, (6, 2), 12),
    ("zero padding", lambda: L.ZeroPadding2D(1), (4, 6, 2), 0),
    ("up-sampling", lambda: L.UpSampling2D(2), (4, 6, 2), 0),
    ("dropout", lambda: L.Dropout(0.5), (6, 2), 0),
    ("flatten", lambda: L.Flatten(), (6, 2), 0),
]


@pytest.mark.parametrize(("layer", "shape", "flops"), [each[1:] for each in FLOPS], ids=[each[0] for each in FLOPS])
def test_flops_of_the_rest_by_hand(layer: Callable[[], Any], shape: tuple[int, ...], flops: int) -> None:
    """No multiply-adds, and what the conventions of dscnn/layer_costs.py say for each number."""
    (row,) = only(layer(), *shape)
    assert (row.macs, row.inference.flops) == (0, flops)


def test_what_is_moved_and_what_is_not() -> None:
    """A byte an unsigned pixel; flatten and dropout give what they get; dropout in training leaves a byte a number."""
    (scale,) = only(L.Rescaling(0.5), 4, 4, 2, dtype="uint8")
    assert (scale.inference.read, scale.inference.written) == (32, 128)
    (padded,) = only(L.ZeroPadding2D(1), 2, 2, 1)
    assert (padded.inference.read, padded.inference.written) == (16, 64)
    (flat,) = only(L.Flatten(), 4, 4, 2)
    assert flat.inference == flat.forward == flat.backward == counter.NOTHING
    dense = L.Dense(3, use_bias=False)
    dropped = counter.count(keras.Sequential([keras.Input((2,)), dense, L.Dropout(0.5)]))[1]
    assert dropped.inference == counter.NOTHING
    assert dropped.forward == counter.Work(3, 12, 12 + 3)
    assert dropped.backward == counter.Work(3, 12 + 3, 12)
    (idle,) = only(L.Dropout(0.0), 3)
    assert idle.forward == counter.NOTHING


def test_batch_norm_trains_otherwise_than_it_infers() -> None:
    """Two readings for its statistics, and gradients through them; frozen, it only scales and shifts."""
    norm = L.BatchNormalization()
    model = keras.Sequential([keras.Input((3,)), L.Dense(4, use_bias=False), norm])
    row = counter.count(model)[1]
    assert (row.parameters, row.trainable_parameters) == (16, 8)
    assert row.inference == counter.Work(8, 4 * (4 + 16), 16)
    assert row.forward == counter.Work(24, 4 * (8 + 16), 16)
    assert row.backward == counter.Work(36, 4 * (8 + 8 + 16), 4 * (4 + 8))
    norm.trainable = False
    row = counter.count(model)[1]
    assert (row.forward.flops, row.backward.flops) == (8, 4)


def test_layers_of_several_inputs() -> None:
    """N - 1 additions; concatenation only moves; a sum's gradient is the upstream one as it is."""
    a, b, c = (keras.Input((4,)) for _ in range(3))
    for layer, flops in ((L.Add(), 8), (L.Average(), 12), (L.Maximum(), 8), (L.Concatenate(), 0)):
        (row,) = counter.count(keras.Model([a, b, c], layer([a, b, c])))
        assert row.inference.flops == flops
        assert row.inference.read == 48
    hidden = [L.Dense(4)(a), L.Dense(4)(b)]
    assert counter.count(keras.Model([a, b], L.Add()(hidden)))[-1].backward == counter.NOTHING
    assert counter.count(keras.Model([a, b], L.Multiply()(hidden)))[-1].backward == counter.Work(4, 48, 32)


@pytest.mark.parametrize(
    "name", sorted(set(keras.activations.__dict__) & {"relu", "elu", "selu", "tanh", "gelu", "silu"})
)
def test_an_activation_costs_the_same_as_layer_and_in_a_layer(name: str) -> None:
    """Beside the bias."""
    (alone,) = only(L.Activation(name), 4)
    dense, *rest = only(L.Dense(4, activation=name), 4)
    assert dense.inference.flops + sum(row.inference.flops for row in rest) == 2 * 16 + 4 + alone.inference.flops > 36
    by_input = name in ("elu", "selu", "gelu", "silu")
    assert [row.name for row in rest] == [f"{dense.name}/activation"] * by_input, "a pass of its own, as a layer has it"


def test_a_layer_without_a_formula_is_a_problem() -> None:
    """With its name and class: never a zero."""

    class Dense(keras.layers.Dense):  # may compute anything
        pass

    for layer, said in (
        (lambda x: keras.ops.average(x, axis=1), "no cost formula for its class Average of keras.src.ops.numpy"),
        (
            lambda x: L.BatchNormalization(name="odd")(x, training=False),
            "odd is called with training=False: no cost for that",
        ),
        (L.GaussianNoise(0.5, name="odd"), "layer odd: no cost formula for its class GaussianNoise"),
        (Dense(3, name="odd"), "layer odd: no cost formula for its class Dense of test_layer_costs"),
        (L.Dense(3, activation=np.abs, name="odd"), "layer odd: no cost formula for its activation absolute"),
        (
            L.Dense(3, activation=lambda x: tf.abs(x), name="odd"),
            "layer odd: no cost formula for its activation <lambda>",
        ),
        (L.UpSampling2D(2, interpolation="bilinear", name="odd"), "layer odd: no cost formula for its interpolation"),
    ):
        with pytest.raises(Problem, match=said):
            only(layer, *((4, 4, 2) if isinstance(layer, L.UpSampling2D) else (4,)))
