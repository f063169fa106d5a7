"""ReLU and its gradient on the bits of numbers: the same values in less time, where numbers have 16 bits.

A CPU converts such numbers to float32 and back to compare them with zero, which takes longer than to read and write
them (docs/performance.md). Their bits, read as a signed integer, say the same: a number above zero is an integer
above zero.
"""

import math
from typing import Any

from dscnn.core import processor
from dscnn.core.device import tf
from dscnn.networks import xla

# minus infinity, read as an integer: less are negative numbers; greater, and below 0, is a NaN with a sign
MINUS_INFINITY = {tf.bfloat16: -(2**7), tf.float16: -(2**10)}
WORTH_IT = 2**14  # numbers of an image; of fewer, calling what XLA compiled takes longer than it saves


def short(numbers: Any) -> bool:
    return numbers.dtype in MINUS_INFINITY


def bits(numbers: Any) -> Any:
    """Return short `numbers` as integers with the same bits, others as they are."""
    return tf.bitcast(numbers, tf.int16) if short(numbers) else numbers


def selected(condition: Any, numbers: Any) -> Any:
    """Return `numbers` where `condition` holds, else zero."""
    values = bits(numbers)
    chosen = tf.where(condition, values, tf.zeros([], values.dtype))
    return tf.bitcast(chosen, numbers.dtype) if short(numbers) else chosen


def relu(numbers: Any) -> Any:
    """Return ReLU of `numbers`, for code that XLA compiles; a NaN stays one, so that a loss shows it."""
    if not short(numbers):
        return tf.nn.relu(numbers)
    return selected(bits(numbers) > MINUS_INFINITY[numbers.dtype], numbers)


def gradient(upstream: Any, outputs: Any) -> Any:
    """Return `upstream` where a ReLU's `outputs` are above zero, else zero."""
    if not (short(outputs) and math.prod(outputs.shape[1:]) >= WORTH_IT and compiles()):
        return tf.raw_ops.ReluGrad(gradients=upstream, features=outputs)
    return xla.compiled(passed)(upstream, outputs)


def passed(upstream: Any, outputs: Any) -> Any:
    return selected(bits(outputs) > 0, upstream)


def compiles() -> bool:
    """Whether the compiled form of the gradient is the faster one: on the processors where it was so."""
    return "amx_bf16" in processor.flags() and not tf.config.get_visible_devices("GPU")


@tf.custom_gradient
def rectified(numbers: Any) -> Any:
    """Return ReLU of `numbers`, with that gradient; TensorFlow joins it with a convolution before it."""
    outputs = tf.nn.relu(numbers)
    return outputs, lambda upstream: gradient(upstream, outputs)
