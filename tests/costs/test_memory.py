"""Activation memory against hand counts, a number being 4 bytes."""

from typing import Any

from dscnn.core.device import keras
from dscnn.costs import counter, memory

L = keras.layers


def peaks(*layers: Any, shape: tuple[int, ...], batch_size: int = 1) -> tuple[int, int]:
    return memory.peaks(counter.trace(keras.Sequential([keras.Input(shape), *layers]), batch_size))


def test_a_chain_holds_two_tensors_at_inference_and_all_in_training() -> None:
    """Of 10, 20, 30 and 5 numbers 50 are alive at once; training keeps inputs for the weights' gradients."""
    inference, training = peaks(L.Dense(20), L.Dense(30), L.Dense(5), shape=(10,))
    assert inference == 4 * (20 + 30)
    # backward through the last layer: 10, 20, 30 kept, the output and its gradient of 5 each (the output is not
    # needed, and gone), and the gradient of 30; through the second: 10, 20 kept, 30 and its gradient, 20's gradient
    assert training == 4 * max(10 + 20 + 30 + 5 + 30, 10 + 20 + 30 + 20, 10 + 20 + 30 + 5)
    assert peaks(L.Dense(20), L.Dense(30), L.Dense(5), shape=(10,), batch_size=7) == (7 * inference, 7 * training)


def test_a_relu_keeps_its_output_and_a_dropout_its_mask() -> None:
    """With ReLU the 30 numbers are still there when their own gradient arrives; the mask is a byte a number."""
    _, relu = peaks(L.Dense(20, "relu"), L.Dense(30, "relu"), L.Dense(5), shape=(10,))
    assert relu == 4 * (10 + 20 + 30 + 30 + 20)
    _, dropped = peaks(L.Dense(20), L.Dropout(0.5), L.Dense(5), shape=(10,))
    # backward through the last layer: 10 and the dropped 20 kept, 20 bytes of mask, gradients of 5 and 20
    assert dropped == 4 * (10 + 20 + 5 + 20) + 20


def test_views_take_no_memory() -> None:
    """Flatten is a view in both, dropout at inference."""
    inference, _ = peaks(L.Flatten(), L.Dropout(0.5), L.Flatten(), L.Dense(1), shape=(4, 6))
    assert inference == 4 * (24 + 1)


def test_a_branch_lives_until_it_is_joined() -> None:
    """The skipped tensor of 10 is alive beside the 40 and the 10 of the branch."""
    images = keras.Input((10,))
    branch = L.Dense(10)(L.Dense(40)(images))
    model = keras.Model(images, L.Add()([images, branch]))
    assert memory.peaks(counter.trace(model))[0] == 4 * (10 + 40 + 10)


def test_what_is_not_trained_keeps_nothing() -> None:
    """A frozen network trains as it infers."""
    dense = L.Dense(20)
    dense.trainable = False
    inference, training = peaks(dense, L.Dropout(0.0), shape=(10,))
    assert inference == training == 4 * (10 + 20)
