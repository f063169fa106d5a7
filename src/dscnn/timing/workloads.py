"""What the stages benchmark, probes and breakeven time.

That is whole steps of a network as training and inference take them, and their parts alone.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from dscnn.core.device import keras, tf
from dscnn.core.splits import Labelled
from dscnn.experiment.params import Recipe, Train
from dscnn.networks.build import laid_out
from dscnn.networks.fused import Fused, TrainingOp, affine, training_ops
from dscnn.timing.timer import Call, compiled
from dscnn.training import optimizer as training

Images = Any
ROOM = 2**28  # bytes for copies of a part's inputs and outputs
COPIES = 8  # of a short part in one call, whose own time would hide it


class PartWork(NamedTuple):
    """One layer, or half of a separable convolution: how to time it, for a number of copies in one call."""

    name: str
    key: tuple[str, ...]  # parts of equal keys do the same work
    copies: int  # that there is room for
    inference: Callable[[int], Call] | None  # None: nothing is done
    training: Callable[[int], Call] | None  # forward, and the gradients of its weights and inputs


def untrained(network: keras.Model, train: Train, recipe: Recipe) -> Fused:
    """Return `network` as it trains, but with a learning rate of zero.

    A step takes as long as any other, but no weight changes: however often it is timed on one batch, each call does the
    same work, and no weight grows beyond all numbers.
    """
    return training.compiled(network, train, recipe, np.zeros(1))


def training_step(model: Fused, images: Images, one_hot: Any) -> Call:
    """Return a call that trains the compiled `model` by one step, always on the same batch."""
    options = tf.data.Options()
    options.autotune.enabled = False
    dataset = tf.data.Dataset.from_tensors((images, one_hot)).repeat().with_options(options)
    model.make_train_function()
    batches = iter(dataset)
    # the loss as a number, so that the device has done the step
    return lambda: float(model.train_function(batches)["loss"])


def inference(network: keras.Model, images: Images) -> Call:
    return compiled(lambda x: network(x, training=False), images)


def optimizer(model: Fused) -> Call:
    """Return a call that only updates the weights, with gradients that are there."""
    variables = model.trainable_variables
    gradients = [tf.ones(variable.shape, variable.dtype) for variable in variables]
    return compiled(lambda: model.optimizer.apply(gradients, variables))


def loss(model: Fused, one_hot: Any) -> Call:
    """Return a call that takes loss, its gradient by the probabilities, and the accuracy."""
    probabilities = tf.nn.softmax(tf.random.stateless_normal(one_hot.shape, (1, 2)))

    def function(probabilities: Any, one_hot: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(probabilities)
            value = model.compute_loss(y=one_hot, y_pred=probabilities)
        return tape.gradient(value, probabilities), model.compute_metrics(None, one_hot, probabilities)

    return compiled(function, probabilities, one_hot)


def parts(model: Fused, images: Images) -> Iterator[PartWork]:
    """Yield the parts of a training step of `model`, each with the inputs that `images` give it."""
    flows, value = False, images
    halves = {half.name: half for layer in model.network.layers[1:] for half in _halves(layer)}
    for op in training_ops(model.network, model.compute_dtype):
        inputs, value = value, op.apply(value)
        half = halves.get(op.name)
        layer = op.layer
        infer: Callable[[Any], Any] = half.apply if half else partial(layer, training=False)
        idle = isinstance(layer, (keras.layers.Dropout, keras.layers.Flatten))
        view = isinstance(layer, keras.layers.Flatten)
        settings = json.dumps(layer.get_config(), sort_keys=True, default=str)
        key = (op.name, type(layer).__name__, settings, inputs.shape.as_list(), inputs.dtype.name, flows, op.relu)
        yield PartWork(
            op.name,
            tuple(map(str, key)),
            max(1, min(COPIES, ROOM // (3 * (_bytes(inputs) + _bytes(value))))),
            None if idle else _forward(infer, inputs),
            None if view else _both(op, inputs, value, flows),
        )
        flows = flows or bool(layer.trainable_variables)


def _bytes(tensor: Any) -> int:
    return int(tensor.shape.num_elements()) * int(tensor.dtype.size)


def _halves(layer: keras.Layer) -> list[TrainingOp]:
    if isinstance(layer, keras.layers.SeparableConv2D):
        return affine(layer, 1.0, layer.activation)
    return []


def _forward(apply: Callable[[Any], Any], inputs: Any) -> Callable[[int], Call]:
    return lambda copies: _repeated(lambda x, _: apply(x), inputs, inputs[:0], copies)


def _both(op: TrainingOp, inputs: Any, outputs: Any, flows: bool) -> Callable[[int], Call]:
    upstream = tf.cast(tf.random.stateless_normal(outputs.shape, (1, 2)), outputs.dtype)
    weights = [variable.value for variable in op.layer.trainable_variables]

    def function(x: Any, upstream: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(weights)
            if flows:
                tape.watch(x)
            y = op.apply(x)
        sources = [x] * flows + weights
        gradients = tape.gradient(y, sources, output_gradients=upstream) if sources else []
        return [y, *(gradient for gradient in gradients if gradient is not None)]

    return lambda copies: _repeated(function, inputs, upstream, copies)


def _repeated(function: Callable[[Any, Any], Any], inputs: Any, upstream: Any, copies: int) -> Call:
    """Return a call of `function`, `copies` times in a row on inputs of their own, so that none is left out."""
    given = [tf.identity(tf.constant(inputs.numpy())) if copies > 1 else inputs for _ in range(copies)]

    def row(upstream: Any, *given: Any) -> Any:
        made: list[Any] = []
        for each in given:
            # a control dependency would do, but with it TensorFlow's fusion of operations can make a cycle
            after = tf.raw_ops.IdentityN(input=[each, *tf.nest.flatten(made[-1:])])[0]
            made.append(function(after, upstream))
        return made

    return compiled(row, upstream, *given)


def random_batch(shape: tuple[int, ...], classes: int, size: int) -> Labelled:
    """Return random images and labels: times do not depend on what is in them."""
    random = np.random.default_rng(0)
    labels = random.integers(0, classes, size).astype(np.uint8)
    return Labelled(random.integers(0, 256, (size, *shape), np.uint8), labels)


def tensors(batch: Labelled, classes: int) -> tuple[Images, Any]:
    """Return the images of `batch`, laid out as networks take them, and its labels, one-hot, on the device."""
    return tf.constant(laid_out(batch.images)), tf.constant(np.eye(classes, dtype=np.float32)[batch.labels])
