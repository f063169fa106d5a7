"""A network as it trains: the same function of the same variables, in fewer passes over memory.

Between the convolutions a training step is bound by memory: a pass over the first block's activations takes about
as long as a depthwise convolution of them (docs/performance.md). What differs from calling layer after layer:

- dropout draws a byte a number instead of a float, and its gradient and that of a ReLU before it are one pass,
  since nothing flows through what either made zero;
- dropout does not divide what it keeps by the share kept: the next convolution or dense layer, which is linear,
  divides its kernel instead;
- batch norm is TensorFlow's one operation where Keras takes a dozen.
"""

from typing import Any

from dscnn.device import keras, tf

BYTE = 256
AFFINE = (keras.layers.Conv2D, keras.layers.SeparableConv2D, keras.layers.Dense)


class Fused(keras.Model):
    """`network`, a chain of layers, as it trains; it holds no variables of its own.

    Inference is that of `network`. Layers without a cheaper form are called as they are.
    """

    def __init__(self, network: keras.Model) -> None:
        super().__init__(name="fused")
        self.network = network
        self.built = True

    def call(self, images: Any, training: bool = False) -> Any:
        if not training:
            return self.network(images, training=False)
        chain = self.network.layers[1:]
        outputs, scale, relu = images, 1.0, False  # the chain's value is relu(outputs) * scale, or outputs * scale
        for layer, following in zip(chain, [*chain[1:], None], strict=True):
            if drops(layer):
                mask = kept(tf.shape(outputs), layer.rate, layer.seed_generator)
                outputs = masked_relu(outputs, mask) if relu else tf.where(mask, outputs, tf.zeros([], outputs.dtype))
                scale, relu = scale / (1 - layer.rate), False
            elif isinstance(layer, AFFINE) and layer.compute_dtype == self.compute_dtype:
                outputs, scale = affine(layer, outputs, scale), 1.0
                relu = layer.activation is keras.activations.relu and drops(following)
                outputs = outputs if relu else layer.activation(outputs)
            elif isinstance(layer, (keras.layers.MaxPooling2D, keras.layers.Flatten)):
                outputs = layer(outputs)  # these two let a factor through
            else:
                outputs, scale = outputs if scale == 1 else outputs * scale, 1.0
                fits = isinstance(layer, keras.layers.BatchNormalization) and layer.axis == -1
                outputs = batch_norm(layer, outputs) if fits else layer(outputs, training=True)
        return outputs if scale == 1 else outputs * scale


def drops(layer: keras.Layer | None) -> bool:
    """Whether `layer` is a dropout that a mask of bytes can stand for."""
    return isinstance(layer, keras.layers.Dropout) and 0 < layer.rate <= 1 - 1 / BYTE


def kept(shape: Any, rate: float, seeds: keras.random.SeedGenerator) -> Any:
    """Return a Boolean mask of `shape`, false with probability `rate`, each number independent of the others.

    A number is dropped when its random byte is under a threshold; for the mean to be `rate` to the last bit, the
    threshold is drawn anew in each call from the two whole numbers around 256 x `rate`.
    """
    seed = tf.cast(seeds.next(), tf.int32)
    threshold = tf.cast(rate * BYTE + tf.random.stateless_uniform([], seed[::-1]), tf.uint8)
    count = tf.reduce_prod(shape)
    words = tf.random.stateless_uniform([(count + 7) // 8], seed, None, None, tf.int64)
    return tf.reshape(tf.reshape(tf.bitcast(words, tf.uint8), [-1])[:count], shape) >= threshold


@tf.custom_gradient
def masked_relu(inputs: Any, mask: Any) -> Any:
    """Return ReLU of `inputs` where `mask` is true, else zero."""
    outputs = tf.where(mask, tf.nn.relu(inputs), tf.zeros([], inputs.dtype))
    return outputs, lambda upstream: (tf.raw_ops.ReluGrad(gradients=upstream, features=outputs), None)


def affine(layer: keras.Layer, inputs: Any, scale: float) -> Any:
    """Return what `layer`, before its activation, makes of `inputs * scale`."""
    match layer:
        case keras.layers.SeparableConv2D():
            outputs = keras.ops.separable_conv(
                inputs,
                layer.depthwise_kernel * scale,
                layer.pointwise_kernel,
                strides=layer.strides,
                padding=layer.padding,
                data_format=layer.data_format,
                dilation_rate=layer.dilation_rate,
            )
        case keras.layers.Conv2D():
            outputs = layer.convolution_op(inputs, layer.kernel * scale)
        case _:
            outputs = keras.ops.matmul(inputs, layer.kernel * scale)
    channels_first = getattr(layer, "data_format", "channels_last") == "channels_first"
    return keras.ops.add(outputs, keras.ops.reshape(layer.bias, (1, -1, 1, 1)) if channels_first else layer.bias)


def batch_norm(layer: keras.layers.BatchNormalization, inputs: Any) -> Any:
    """Normalise a batch of `inputs`, channels last, and move the moving averages as Keras does."""
    outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        inputs, layer.gamma.value, layer.beta.value, epsilon=layer.epsilon, is_training=True
    )
    count = tf.cast(tf.size(inputs) // inputs.shape[-1], tf.float32)
    # Keras's moving variance is that of the batch, not an estimate from it, which a batch of one number has not
    biased = tf.math.multiply_no_nan(variance, (count - 1) / count)
    for average, value in ((layer.moving_mean, mean), (layer.moving_variance, biased)):
        average.assign(average * layer.momentum + value * (1 - layer.momentum))
    return outputs
