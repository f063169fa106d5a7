"""A network as it trains: the same function of the same variables, in fewer passes over memory.

Between the convolutions a training step is bound by memory: a pass over the first block's activations takes about
as long as a depthwise convolution of them (docs/performance.md). What differs from calling layer after layer:

- dropout, with a ReLU before it, is one pass, which writes no mask (`dscnn.networks.dropout`), and so is its gradient,
  since nothing flows through what either made zero;
- dropout does not divide what it keeps by the share kept: the next convolution or dense layer, which is linear,
  divides its kernel instead;
- a ReLU before a pooling comes after it, where there is a quarter of the numbers: the same bits;
- batch norm is TensorFlow's one operation where Keras takes a dozen;
- three gradients have cheaper forms, where they are cheaper (`dscnn.networks.gradients`, `dscnn.networks.relu`).
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple

from dscnn.core.device import keras, tf
from dscnn.networks import dropout, gradients, relu

AFFINE = (keras.layers.Conv2D, keras.layers.SeparableConv2D, keras.layers.Dense)
Apply = Callable[[Any], Any]
Relu = Literal["own", "later", "earlier"]  # its own if any; one after it has its own; it has that of one before it


class TrainingOp(NamedTuple):
    """What a layer, or one half of a separable convolution, does in training; the counter has the same names."""

    name: str
    layer: keras.Layer
    apply: Apply
    relu: Relu = "own"


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
        outputs = images
        for op in training_ops(self.network, self.compute_dtype):
            outputs = op.apply(outputs)
        return outputs


def training_ops(network: keras.Model, compute_dtype: str) -> list[TrainingOp]:
    """Return what is done to a batch in training, in order; `compute_dtype` is that of most layers."""
    chain = network.layers[1:]
    made, scale, pending = [], 1.0, False  # so far the value is outputs * scale, or relu(outputs) * scale if pending
    pools = keras.layers.MaxPooling2D
    for layer, following in zip(chain, [*chain[1:], None], strict=True):
        if drops(layer):
            made.append(
                TrainingOp(layer.name, layer, partial(dropped, layer, pending), "earlier" if pending else "own")
            )
            scale, pending = scale / (1 - layer.rate), False
        elif isinstance(layer, AFFINE) and layer.compute_dtype == compute_dtype:
            pending = layer.activation is keras.activations.relu and (drops(following) or isinstance(following, pools))
            *first, last = affine(layer, scale, None if pending else layer.activation)
            made += [*first, last._replace(relu="later" if pending else "own")]
            scale = 1.0
        elif isinstance(layer, (pools, keras.layers.Flatten)):  # these two let a factor through
            both = TrainingOp(layer.name, layer, after_pooling(layer), "earlier")
            made.append(both if pending else TrainingOp(layer.name, layer, layer))
            pending = False
        else:
            fits = isinstance(layer, keras.layers.BatchNormalization) and layer.axis == -1
            apply = partial(batch_norm, layer) if fits else partial(layer, training=True)
            made.append(TrainingOp(layer.name, layer, scaled(apply, scale)))
            scale = 1.0
    if scale != 1:
        last = made.pop()
        made.append(last._replace(apply=lambda inputs: last.apply(inputs) * scale))
    return made


def scaled(apply: Apply, scale: float) -> Apply:
    return apply if scale == 1 else lambda inputs: apply(inputs * scale)


def after_pooling(pooling: keras.Layer) -> Apply:
    return lambda inputs: tf.nn.relu(pooling(inputs))


def drops(layer: keras.Layer | None) -> bool:
    """Whether `layer` is a dropout of images, whose cheaper form is worth its compilation."""
    return isinstance(layer, keras.layers.Dropout) and layer.rate > 0 and len(layer.output.shape) == 4


def dropped(layer: keras.layers.Dropout, pending: bool, inputs: Any) -> Any:
    """Return `inputs`, or with a `pending` ReLU that of them, where `layer` keeps them, else zero; not yet scaled."""
    apply = dropout.relu_dropped if pending else dropout.dropped
    return apply(inputs, dropout.key(layer.seed_generator), layer.rate)


def affine(layer: keras.Layer, scale: float, activation: Apply | None) -> list[TrainingOp]:
    """Return what `layer`, with `activation`, makes of a value that is its inputs times `scale`."""
    channels_first = getattr(layer, "data_format", "channels_last") == "channels_first"

    def finish(outputs: Any) -> Any:
        if layer.use_bias:
            bias = keras.ops.cast(layer.bias, outputs.dtype)
            if cheaper(outputs):
                outputs = gradients.biased(outputs, bias)
            else:
                outputs = keras.ops.add(outputs, keras.ops.reshape(bias, (1, -1, 1, 1)) if channels_first else bias)
        if activation is keras.activations.relu and len(outputs.shape) == 4:
            return relu.rectified(outputs)
        return activation(outputs) if activation else outputs

    def cheaper(images: Any) -> bool:
        return len(images.shape) == 4 and not channels_first and images.dtype == tf.float32

    def kernel(weight: Any, inputs: Any) -> Any:
        return keras.ops.cast(weight, inputs.dtype)

    match layer:
        case keras.layers.SeparableConv2D():
            common = {"padding": layer.padding, "data_format": layer.data_format}
            moved = common | {"strides": layer.strides, "dilation_rate": layer.dilation_rate}
            odd = all(side % 2 for side in layer.kernel_size)  # of an even one, half a turn is not the gradient

            def depthwise(inputs: Any) -> Any:
                weight = kernel(layer.depthwise_kernel, inputs) * scale
                if odd and not channels_first:
                    return gradients.depthwise(inputs, weight)
                return keras.ops.depthwise_conv(inputs, weight, **moved)

            def pointwise(inputs: Any) -> Any:
                return finish(keras.ops.conv(inputs, kernel(layer.pointwise_kernel, inputs), **common))

            return [
                TrainingOp(f"{layer.name}/depthwise", layer, depthwise),
                TrainingOp(f"{layer.name}/pointwise", layer, pointwise),
            ]
        case keras.layers.Conv2D():
            product = layer.convolution_op
        case _:
            product = keras.ops.matmul
    return [
        TrainingOp(layer.name, layer, lambda inputs: finish(product(inputs, kernel(layer.kernel, inputs) * scale))),
    ]


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
