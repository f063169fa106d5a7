"""The formulas of the other layers against hand counts, in shapes that tell the axes apart."""

from collections.abc import Callable
from typing import Any

import pytest

from counted import only
from dscnn.core.device import keras
from dscnn.core.stage import Problem
from dscnn.costs.counter import count
from dscnn.costs.work import NOTHING, Work

L = keras.layers


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
    """There are no multiply-adds, and the FLOPs are those of the conventions in dscnn/costs/formulas.py."""
    (row,) = only(layer(), *shape)
    assert (row.macs, row.inference.flops) == (0, flops)


def test_what_is_moved_and_what_is_not() -> None:
    """A pixel is a byte; flatten never moves anything, dropout only in training, with a byte of mask a number."""
    (scale,) = only(L.Rescaling(0.5), 4, 4, 2, dtype="uint8")
    assert (scale.inference.read, scale.inference.written) == (32, 128)
    (padded,) = only(L.ZeroPadding2D(1), 2, 2, 1)
    assert (padded.inference.read, padded.inference.written) == (16, 64)
    (flat,) = only(L.Flatten(), 4, 4, 2)
    assert flat.inference == flat.forward == flat.backward == NOTHING
    dense = L.Dense(3, use_bias=False)
    dropped = count(keras.Sequential([keras.Input((2,)), dense, L.Dropout(0.5)]))[1]
    assert dropped.inference == NOTHING
    assert dropped.forward == Work(3, 12, 12 + 3)
    assert dropped.backward == Work(3, 12 + 3, 12)
    (idle,) = only(L.Dropout(0.0), 3)
    assert idle.forward == NOTHING


def test_batch_norm_trains_otherwise_than_it_infers() -> None:
    """It reads its inputs twice, and has gradients through their statistics; frozen, it only scales and shifts."""
    norm = L.BatchNormalization()
    model = keras.Sequential([keras.Input((3,)), L.Dense(4, use_bias=False), norm])
    row = count(model)[1]
    assert (row.parameters, row.trainable_parameters) == (16, 8)
    assert row.inference == Work(8, 4 * (4 + 16), 16)
    assert row.forward == Work(24, 4 * (8 + 16), 16)
    assert row.backward == Work(36, 4 * (8 + 8 + 16), 4 * (4 + 8))
    norm.trainable = False
    row = count(model)[1]
    assert (row.forward.flops, row.backward.flops) == (8, 4)


def test_layers_of_several_inputs() -> None:
    """N inputs take N - 1 additions, concatenation only moves, and a sum's gradient is the upstream one as it is."""
    a, b, c = (keras.Input((4,)) for _ in range(3))
    for layer, flops in ((L.Add(), 8), (L.Average(), 12), (L.Maximum(), 8), (L.Concatenate(), 0)):
        (row,) = count(keras.Model([a, b, c], layer([a, b, c])))
        assert row.inference.flops == flops
        assert row.inference.read == 48
    hidden = [L.Dense(4)(a), L.Dense(4)(b)]
    assert count(keras.Model([a, b], L.Add()(hidden)))[-1].backward == NOTHING
    assert count(keras.Model([a, b], L.Multiply()(hidden)))[-1].backward == Work(4, 48, 32)


class Dense(keras.layers.Dense):
    """Has the name of one of Keras's classes, and may compute anything."""


@pytest.mark.parametrize(
    ("layer", "shape", "said"),
    [
        (lambda x: keras.ops.average(x, axis=1), (4,), "class Average of keras.src.ops.numpy"),
        (L.GaussianNoise(0.5, name="odd"), (4,), "layer odd: no cost formula for its class GaussianNoise"),
        (Dense(3, name="odd"), (4,), "layer odd: no cost formula for its class Dense of .*test_formulas"),
        (L.UpSampling2D(2, interpolation="bilinear", name="odd"), (4, 4, 2), "layer odd: .* interpolation bilinear"),
    ],
)
def test_a_layer_without_a_formula_is_a_problem(layer: Any, shape: tuple[int, ...], said: str) -> None:
    """The message has its name and class; it never counts as zero."""
    with pytest.raises(Problem, match=said):
        only(layer, *shape)
