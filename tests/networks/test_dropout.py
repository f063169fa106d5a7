from typing import Any

import numpy as np
import pytest

from dscnn.core.device import keras, tf
from dscnn.networks import dropout

SHAPE = (8, 10, 10, 50)


def masks(rate: float, calls: int) -> np.ndarray:
    """Return the masks of `calls` steps, a row each."""
    seeds = keras.random.SeedGenerator(1)
    return np.stack([dropout.kept(SHAPE, dropout.key(seeds), rate).numpy().ravel() for _ in range(calls)])


def finaliser(word: int) -> int:
    """MurmurHash3's, in Python's whole numbers."""
    word = (word ^ word >> 16) * 0x85EBCA6B % 2**32
    word = (word ^ word >> 13) * 0xC2B2AE35 % 2**32
    return word ^ word >> 16


def test_a_mask_is_a_hash_of_places() -> None:
    """Place by place, row by row; the finaliser of 1 is a published number."""
    assert finaliser(1) == 0x514E28B7
    shape, key, rate = (3, 2, 2, 5), np.array([4_000_000_000, 12_345], np.uint32), 0.4
    words = [finaliser((finaliser((place + int(key[0])) % 2**32) + int(key[1])) % 2**32) for place in range(60)]
    expected = np.array(words).reshape(shape) >= rate * 2**32
    np.testing.assert_array_equal(dropout.kept(shape, tf.constant(key), rate), expected)


@pytest.mark.parametrize("rate", [0.001, 0.1, 0.3, 0.35, 0.5, 0.9, 0.999])
def test_it_drops_at_its_rate(rate: float) -> None:
    """Over 100 masks the mean is within five standard deviations of independent numbers."""
    drawn = masks(rate, 100)
    assert abs(1 - drawn.mean() - rate) < 5 * np.sqrt(rate * (1 - rate) / drawn.size)


def test_numbers_are_independent() -> None:
    """Neighbours at any distance, and the next mask, have no correlation beyond chance."""
    drawn = masks(0.35, 30) - 0.65

    def correlation(one: np.ndarray, other: np.ndarray) -> float:
        return float((one * other).mean() / 0.35 / 0.65)

    for distance in (1, 2, 3, 4, 7, 8, 9, 16, 50, 64, 500, 1024, 5000):
        assert abs(correlation(drawn[:, distance:], drawn[:, :-distance])) < 5 / np.sqrt(drawn.size)
    assert abs(correlation(drawn[1:], drawn[:-1])) < 5 / np.sqrt(drawn.size)
    assert drawn.mean(axis=0).std() == pytest.approx(np.sqrt(0.35 * 0.65 / 30), rel=0.03)


def test_eight_neighbours_are_each_pattern_as_often_as_by_chance() -> None:
    """Chi-squared over the 256 patterns: a mean of 255, a deviation of the square root of 510."""
    drawn = masks(0.5, 30).reshape(-1, 8)
    counts = np.bincount(drawn @ (1 << np.arange(8)), minlength=256)
    expected = len(drawn) / 256
    assert abs(((counts - expected) ** 2 / expected).sum() - 255) < 5 * np.sqrt(510)


def test_steps_and_layers_have_masks_of_their_own() -> None:
    """Words of one stream differ from step to step, and of two streams at once."""
    one, other = keras.random.SeedGenerator(1), keras.random.SeedGenerator(2)
    words = np.array([dropout.key(seeds) for seeds in (one, one, other, other)])
    assert len(set(words.ravel().tolist())) == 8
    again = keras.random.SeedGenerator(1)
    np.testing.assert_array_equal(dropout.key(again), words[0])


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_gradients_flow_where_numbers_were_kept(dtype: str) -> None:
    """And, with a ReLU before, where it let them through; the values of the rest are zero."""
    inputs = tf.cast(tf.random.stateless_normal((4, 3, 5, 7), (1, 2)), dtype)
    upstream = tf.cast(tf.random.stateless_normal(inputs.shape, (3, 4)), dtype)
    key, zero = tf.constant([1, 2], tf.uint32), tf.zeros([], dtype)
    kept = dropout.kept(inputs.shape, key, 0.4)

    def with_gradient(function: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = function(inputs, key, 0.4)
        return outputs, tape.gradient(outputs, inputs, upstream)

    for function, through in ((dropout.dropped, kept), (dropout.relu_dropped, kept & (inputs > 0))):
        outputs, gradient = with_gradient(function)
        for found, whole in ((outputs, inputs), (gradient, upstream)):
            assert found.dtype == inputs.dtype
            np.testing.assert_array_equal(tf.cast(found, "float32"), tf.cast(tf.where(through, whole, zero), "float32"))
    assert 0.2 < np.mean(kept) < 0.8


def test_a_batch_of_another_size_begins_with_the_same_mask() -> None:
    """Places are counted by image; the last batch of an epoch is often smaller."""
    key = tf.constant([5, 6], tf.uint32)
    whole, part = (dropout.dropped(tf.ones((count, 3, 3, 4)), key, 0.5).numpy() for count in (6, 2))
    np.testing.assert_array_equal(whole[:2], part)


def test_many_shapes_are_no_reason_to_warn(monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow does so where one compiled function is given several; stages build networks of many sizes."""
    said: list[str] = []
    monkeypatch.setattr(tf.get_logger(), "handle", lambda record: said.append(record.getMessage()))
    key = tf.constant([5, 6], tf.uint32)
    for side in range(1, 9):
        for function in (dropout.dropped, dropout.relu_dropped):
            function(tf.ones((2, side, side, 3)), key, 0.5)
    assert said == []
