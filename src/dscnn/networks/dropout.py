"""Dropout as one pass over memory: whether a number is kept is a hash of its place, so no mask is written or read.

XLA compiles the pass. Drawing the mask with TensorFlow's operations, and then applying it, takes five times as long
(docs/performance.md). The hash is the finaliser of MurmurHash3 (Appleby 2011), twice, with 64 random bits of each step
as its key: a counter-based random number generator (Salmon et al. 2011). Its integers are the same on every processor
and for any number of threads.
"""

from typing import Any

from dscnn.core.device import keras, tf

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


@tf.function(jit_compile=True)
def masked(inputs: Any, key: Any, rate: float) -> Any:
    """Return `inputs` where they are kept, else zero."""
    return tf.where(kept(tf.shape(inputs), key, rate), inputs, tf.zeros([], inputs.dtype))


@tf.function(jit_compile=True)
def masked_relu(inputs: Any, key: Any, rate: float) -> Any:
    """Return ReLU of `inputs` where they are kept, else zero."""
    return tf.where(kept(tf.shape(inputs), key, rate), tf.nn.relu(inputs), tf.zeros([], inputs.dtype))


def dropped(inputs: Any, key: Any, rate: float) -> Any:
    """Return `inputs` with a share of `rate` of them made zero; what is kept is not scaled.

    The gradient draws the same mask again.
    """

    @tf.custom_gradient
    def apply(inputs: Any) -> Any:
        return masked(inputs, key, rate), lambda upstream: masked(upstream, key, rate)

    return apply(inputs)


def relu_dropped(inputs: Any, key: Any, rate: float) -> Any:
    """Return `dropped` of ReLU of `inputs`; the gradient flows through what neither made zero."""

    @tf.custom_gradient
    def apply(inputs: Any) -> Any:
        outputs = masked_relu(inputs, key, rate)
        return outputs, lambda upstream: tf.raw_ops.ReluGrad(gradients=upstream, features=outputs)

    return apply(inputs)
