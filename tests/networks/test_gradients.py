from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dscnn.core.device import tf
from dscnn.networks import gradients

RANDOM = np.random.default_rng(0)


def drawn(*shape: int) -> Any:
    return tf.constant(RANDOM.normal(size=shape).astype(np.float32))


def with_gradients(function: Callable[[Any, Any], Any], one: Any, other: Any, upstream: Any) -> list[np.ndarray]:
    """Return what `function` makes of two arrays, and the gradients of its product with `upstream` by them."""
    with tf.GradientTape() as tape:
        tape.watch([one, other])
        outputs = function(one, other)
    return [outputs.numpy(), *(each.numpy() for each in tape.gradient(outputs, [one, other], upstream))]


def same(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    for mine, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, their, rtol=1e-4, atol=1e-4)


def test_a_bias_s_gradient_is_the_sum_over_all_places() -> None:
    """By NumPy, in double precision."""
    inputs, bias, upstream = drawn(5, 4, 3, 7), drawn(7), drawn(5, 4, 3, 7)
    outputs, for_inputs, for_bias = with_gradients(gradients.biased, inputs, bias, upstream)
    np.testing.assert_allclose(outputs, inputs.numpy() + bias.numpy(), rtol=1e-6)
    np.testing.assert_array_equal(for_inputs, upstream.numpy())
    np.testing.assert_allclose(for_bias, upstream.numpy().astype(float).sum((0, 1, 2)), rtol=1e-5)


@pytest.mark.parametrize("kernel", [(3, 3), (1, 1), (5, 3)])
@pytest.mark.parametrize("side", [1, 2, 7])
def test_a_depthwise_convolution_has_tensorflows_gradients(kernel: tuple[int, int], side: int) -> None:
    """Also where the image is smaller than the kernel."""
    inputs, weight, upstream = drawn(4, side, side + 1, 6), drawn(*kernel, 6, 1), drawn(4, side, side + 1, 6)

    def plain(images: Any, weight: Any) -> Any:
        return tf.nn.depthwise_conv2d(images, weight, [1, 1, 1, 1], "SAME")

    same(with_gradients(gradients.depthwise, inputs, weight, upstream), with_gradients(plain, inputs, weight, upstream))


def test_an_input_s_gradient_is_that_of_a_sum_by_hand() -> None:
    """One channel, one image, a kernel of 3: each input reaches the outputs around it, through the turned kernel."""
    kernel, upstream = np.arange(9.0, dtype=np.float32).reshape(3, 3), np.zeros((4, 4), np.float32)
    upstream[1, 2] = 1
    inputs = tf.zeros((1, 4, 4, 1))
    found = with_gradients(
        gradients.depthwise, inputs, tf.constant(kernel[..., None, None]), tf.constant(upstream[None, ..., None])
    )
    expected = np.zeros((4, 4), np.float32)
    expected[0:3, 1:4] = kernel
    np.testing.assert_array_equal(found[1][0, ..., 0], expected)
