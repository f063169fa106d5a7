"""Operations whose gradient TensorFlow computes dearly on a CPU, with a cheaper form of the same gradient.

The last bits differ, since sums are taken in another order. docs/performance.md has the times.
"""

from typing import Any

from dscnn.core.device import tf


@tf.custom_gradient
def biased(inputs: Any, bias: Any) -> Any:
    """Return `inputs` (..., channels) plus `bias` (channels).

    The bias's gradient is a product with ones. TensorFlow would join its own form of it with the gradient of the
    convolution before, into an operation that takes longer than both.
    """

    def gradient(upstream: Any) -> tuple[Any, Any]:
        rows = tf.reshape(upstream, [-1, upstream.shape[-1]])
        return upstream, tf.linalg.matmul(tf.ones([1, tf.shape(rows)[0]], rows.dtype), rows)[0]

    return tf.nn.bias_add(inputs, bias), gradient


@tf.custom_gradient
def depthwise(inputs: Any, kernel: Any) -> Any:
    """Return the depthwise convolution of `inputs` (n, height, width, channels) at stride 1, as large as they are.

    `kernel` (height, width, channels, 1) has odd sides. Then the inputs' gradient is a convolution with the kernel
    turned by half a turn, and oneDNN's convolutions are twice as fast as its gradients.
    """
    common = {"strides": [1, 1, 1, 1], "padding": "SAME"}

    def gradient(upstream: Any) -> tuple[Any, Any]:
        turned = tf.nn.depthwise_conv2d(upstream, kernel[::-1, ::-1], **common)
        return turned, tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
            input=inputs, filter_sizes=tf.shape(kernel), out_backprop=upstream, **common
        )

    return tf.nn.depthwise_conv2d(inputs, kernel, **common), gradient
