from typing import Any

import numpy as np
import pytest

from dscnn.core import processor
from dscnn.core.device import tf
from dscnn.networks import relu

SHORT = ["bfloat16", "float16"]


def every(dtype: str) -> Any:
    """Return each number of 16 bits once: both zeros, both infinities, NaN of each sign, and what is between."""
    patterns = tf.constant(np.arange(-(2**15), 2**15).astype(np.int16).reshape(4, 2**7, 2**7, 1))
    return tf.bitcast(patterns, dtype)


def graph_of(function: Any, *arguments: Any) -> set[str]:
    """Return the kinds of operations that `function` makes of `arguments`."""
    graph = tf.function(function, autograph=False).get_concrete_function(*arguments).graph
    return {op.type for op in graph.get_operations()}


@pytest.mark.parametrize("dtype", SHORT)
def test_relu_on_bits_is_that_of_every_number(dtype: str) -> None:
    """By NumPy, in double precision; what is not a number stays so, whatever its sign."""
    numbers = every(dtype)
    for found in (relu.relu(numbers), tf.function(relu.relu, jit_compile=True)(numbers)):
        assert found.dtype == numbers.dtype
        expected = np.maximum(np.asarray(tf.cast(numbers, tf.float64)), 0)
        np.testing.assert_array_equal(tf.cast(found, tf.float64), expected)
    assert np.isnan(expected).sum() > 100, "of both signs"


def test_in_float32_it_is_tensorflows() -> None:
    assert graph_of(relu.relu, tf.zeros((2, 2))) >= {"Relu"}


@pytest.mark.parametrize("compiles", [True, False])
@pytest.mark.parametrize("dtype", [*SHORT, "float32"])
def test_its_gradient_is_what_comes_back_where_it_let_through(
    dtype: str, compiles: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In both forms, to the last bit."""
    monkeypatch.setattr(relu, "compiles", lambda: compiles)
    numbers = tf.cast(tf.random.stateless_normal((3, 128, 64, 2), (1, 2)), dtype)
    upstream = tf.cast(tf.random.stateless_normal(numbers.shape, (3, 4)), dtype)
    with tf.GradientTape() as tape:
        tape.watch(numbers)
        outputs = relu.rectified(numbers)
    found = tape.gradient(outputs, numbers, upstream)
    assert found.dtype == outputs.dtype == numbers.dtype
    values = np.asarray(tf.cast(numbers, tf.float64))
    np.testing.assert_array_equal(tf.cast(outputs, tf.float64), np.maximum(values, 0))
    expected = np.where(values > 0, np.asarray(tf.cast(upstream, tf.float64)), 0)
    np.testing.assert_array_equal(tf.cast(found, tf.float64), expected)


@pytest.mark.parametrize(
    ("dtype", "side", "compiles", "compiled"),
    [
        ("bfloat16", 128, True, True),
        ("float16", 128, True, True),
        ("bfloat16", 127, True, False),
        ("bfloat16", 128, False, False),
        ("float32", 128, True, False),
    ],
)
def test_it_is_compiled_where_that_is_faster(
    dtype: str, side: int, compiles: bool, compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For many numbers of 16 bits an image, on some processors; of the batch's size nothing is known."""
    monkeypatch.setattr(relu, "compiles", lambda: compiles)
    about = tf.TensorSpec((None, side, side, 1), dtype)
    assert ("ReluGrad" not in graph_of(relu.gradient, about, about)) == compiled


@pytest.mark.parametrize(
    ("flags", "gpus", "expected"), [("amx_bf16", 0, True), ("amx_bf16", 1, False), ("avx2", 0, False)]
)
def test_it_is_faster_with_a_matrix_unit_and_no_gpu(
    flags: str, gpus: int, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor, "flags", lambda: ["fpu", flags])
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [kind] * gpus)
    assert relu.compiles() == expected


def test_many_shapes_are_no_reason_to_warn(monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow does so where one compiled function is given several; stages build networks of many sizes."""
    said: list[str] = []
    monkeypatch.setattr(relu, "compiles", lambda: True)
    monkeypatch.setattr(tf.get_logger(), "handle", lambda record: said.append(record.getMessage()))
    for side in range(128, 136):
        numbers = tf.ones((1, side, side, 1), tf.bfloat16)
        relu.gradient(numbers, numbers)
    assert said == []
