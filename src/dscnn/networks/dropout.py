"""Dropout as one pass over memory: whether a number is kept is a hash of its place, so no mask is written or read.

XLA compiles the pass. Drawing the mask with TensorFlow's operations, and then applying it, takes three to five times
as long (docs/performance.md). The hash is the finaliser of MurmurHash3 (Appleby 2011), twice, with 64 random bits of
each step as its key: a counter-based random number generator (Salmon et al. 2011). Its integers are the same on every
processor and for any number of threads.
"""

from typing import Any

from dscnn.core.device import keras, tf
from dscnn.networks import relu, xla

WORD = 2**32


def key(seeds: keras.random.SeedGenerator) -> Any:
    """Return the next two random words, (2,) in uint32."""
    return tf.random.stateless_uniform([2], tf.cast(seeds.next(), tf.int32), None, None, tf.uint32)


def kept(shape: Any, key: Any, rate: float) -> Any:
    """Return a Boolean mask of `shape`, false with probability `rate`, each number independent of the others."""
    features = tf.reduce_prod(shape[1:])
    rows, columns = (tf.cast(tf.range(count), tf.uint32) for count in (shape[0], features))
    places = rows[:, None] * tf.cast(features, tf.uint32) + columns
    words = mixed(mixed(places + key[0]) + key[1])
    return tf.reshape(words, shape) >= tf.constant(min(round(rate * WORD), WORD - 1), tf.uint32)


def mixed(words: Any) -> Any:
    """Return the finaliser of MurmurHash3 of each of `words`, in uint32."""
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        words = folded(words, shift) * tf.constant(factor, tf.uint32)
    return folded(words, 16)


def folded(words: Any, shift: int) -> Any:
    return tf.bitwise.bitwise_xor(words, tf.bitwise.right_shift(words, tf.constant(shift, tf.uint32)))


def masked(inputs: Any, key: Any, rate: float) -> Any:
    """Return `inputs` where they are kept, else zero."""
    return relu.selected(kept(tf.shape(inputs), key, rate), inputs)


def masked_relu(inputs: Any, key: Any, rate: float) -> Any:
    """Return ReLU of `inputs` where they are kept, else zero."""
    return masked(relu.relu(inputs), key, rate)


def dropped(inputs: Any, key: Any, rate: float) -> Any:
    """Return `inputs` with a share of `rate` of them made zero; what is kept is not scaled.

    The gradient draws the same mask again.
    """
    apply = xla.compiled(masked, rate=rate)

    @tf.custom_gradient
    def both(inputs: Any) -> Any:
        return apply(inputs, key), lambda upstream: apply(upstream, key)

    return both(inputs)


def relu_dropped(inputs: Any, key: Any, rate: float) -> Any:
    """Return `dropped` of ReLU of `inputs`; the gradient flows through what neither made zero."""
    apply = xla.compiled(masked_relu, rate=rate)

    @tf.custom_gradient
    def both(inputs: Any) -> Any:
        outputs = apply(inputs, key)
        return outputs, lambda upstream: relu.gradient(upstream, outputs)

    return both(inputs)
