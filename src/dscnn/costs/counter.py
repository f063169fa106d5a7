"""A counter for Keras 3: parameters, multiply-adds, FLOPs and bytes of a model, call by call.

    from dscnn.costs.counter import count
    from dscnn.costs.work import total
    print(total(count(keras.applications.MobileNet(weights=None)))["macs"])   # 568,740,352

Any functional or sequential model, nested ones and shared layers included; the formulas and the conventions of
FLOPs are in `dscnn.costs.formulas`. Bytes are those that each pass cannot do without if nothing stays in a cache
between two passes: its inputs and weights read once and its output written once, each number in the type that the
layer computes in. A bias and the non-linearity that a layer was given are one pass with it; the non-linearity's
gradient is a pass of its own. Backward, a convolution or dense layer makes two passes: its weights' gradient from
inputs and upstream gradient, its inputs' gradient from weights and upstream gradient, this one only if a layer
before it is trained. Left out: adding up the gradients of a tensor that several layers use.
"""

import inspect
from math import prod
from typing import Any, NamedTuple

from dscnn.core.device import keras, tf
from dscnn.core.stage import Problem
from dscnn.costs.formulas import parts
from dscnn.costs.part import Part
from dscnn.costs.work import NOTHING, Row, Work


class Pass(NamedTuple):
    """A pass and the tensors it connects, by their numbers."""

    row: Row
    part: Part
    inputs: tuple[int, ...]
    output: int


class Trace(NamedTuple):
    """All passes of a model, the bytes of each tensor by its number, and which of them the model gives."""

    passes: list[Pass]
    sizes: dict[int, int]
    outputs: list[int]


def count(model: keras.Model, batch_size: int = 1) -> list[Row]:
    """Return what each call of a layer of `model` costs for a batch, in the order of computation.

    Raises `Problem` for a layer without a formula, an input of unknown size, and a model that is no graph of layers.
    """
    return [each.row for each in trace(model, batch_size).passes]


def trace(model: keras.Model, batch_size: int = 1) -> Trace:
    """Return the passes of `model` with the tensors that connect them; see `count`."""
    walk = _Walk(batch_size)
    given = [keras.KerasTensor((batch_size, *each.shape[1:]), each.dtype) for each in _graph(model).inputs]
    for tensor in given:
        if None in tensor.shape:
            raise Problem(f"{model.name} takes inputs of {tensor.shape[1:]}: no cost without all sizes")
        walk.tensors[id(tensor)] = (tensor, walk.new(_bytes(tensor)), False)
    outputs = walk.through(model, given, "")
    counted = sum(each.row.parameters for each in walk.passes)
    if counted != model.count_params():
        raise Problem(f"{model.name}: counted {counted} parameters, Keras has {model.count_params()}")
    return Trace(walk.passes, walk.sizes, [walk.tensors[id(each)][1] for each in keras.tree.flatten(outputs)])


def _graph(model: keras.Model) -> Any:
    graph = getattr(model, "_functional", None) if isinstance(model, keras.Sequential) else model
    own_call = graph is not None and not type(graph).__module__.startswith("keras.src.")
    if graph is None or own_call or not hasattr(graph, "_run_through_graph"):
        raise Problem(
            f"{model.name} is a {type(model).__name__} without a graph of layers: build it, or make it functional"
        )
    return graph


class _Walk:
    """Goes through a model as Keras does when it computes shapes, and notes each call."""

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size
        self.passes: list[Pass] = []
        self.sizes: dict[int, int] = {}
        self.calls: dict[int, int] = {}
        # by id: the tensor itself, kept so that no other gets its id; its number; whether a gradient flows into it
        self.tensors: dict[int, tuple[Any, int, bool]] = {}

    def new(self, size: int) -> int:
        """Return the number of a new tensor of `size` bytes."""
        self.sizes[len(self.sizes)] = size
        return len(self.sizes) - 1

    def through(self, model: keras.Model, given: list[Any], prefix: str) -> Any:
        def noting(operation: Any) -> Any:
            return lambda *args, **kwargs: self.call(operation, prefix, args, kwargs)

        graph = _graph(model)
        return graph._run_through_graph(keras.tree.pack_sequence_as(graph._inputs_struct, given), operation_fn=noting)

    def call(self, operation: Any, prefix: str, args: Any, kwargs: Any) -> Any:
        given = [each for each in keras.tree.flatten((args, kwargs)) if isinstance(each, keras.KerasTensor)]
        if kwargs.get("training") is not None and kwargs["training"] != _default_training(operation):
            raise Problem(f"{operation.name} is called with training={kwargs['training']}: no cost for that")
        if isinstance(operation, keras.Model):
            return self.through(operation, given, f"{prefix}{operation.name}/")
        output = operation.compute_output_spec(*args, **kwargs)
        if not isinstance(output, keras.KerasTensor):
            raise Problem(f"layer {operation.name} has several outputs: no cost formula")
        known = [self.tensors[id(each)] for each in given]
        inputs, flows, size = tuple(each[1] for each in known), any(each[2] for each in known), _itemsize(output)
        number = self.calls[id(operation)] = self.calls.get(id(operation), 0) + 1
        name = f"{prefix}{operation.name}" + (f" ({number})" if number > 1 else "")
        shapes = [tuple(each.shape[1:]) for each in given]
        for part in parts(operation, shapes, tuple(output.shape[1:])):
            made = self.new(self.batch_size * prod(part.output) * size)
            read = sum(self.sizes[each] for each in inputs)
            row = _row(name + part.suffix, part, self.batch_size, read, self.sizes[made], size, flows, number == 1)
            self.passes.append(Pass(row, part, inputs, made))
            inputs, flows = (made,), flows or part.trainable > 0
        self.tensors[id(output)] = (output, inputs[0], flows)
        return output


def _row(name: str, part: Part, images: int, read: int, written: int, size: int, flows: bool, first: bool) -> Row:
    weights = part.weights * size
    inference = forward = NOTHING
    gradients: tuple[Work, ...] = ()
    if not part.view:
        if not part.idle_inference:
            inference = Work(images * (2 * part.macs + part.flops), read + weights, written)
        mask = images * part.mask
        forward = Work(images * (2 * part.macs + part.forward), part.reads * read + weights, written + mask)
        gradients = _gradients(part, images, read, written, size, flows)
    return Row(
        name, part.layer_class, part.output, part.weights * first, part.trainable * first, images * part.macs,
        images * part.padding_macs, part.matrix, inference, forward, gradients,
    )  # fmt: skip


def _gradients(part: Part, images: int, inputs: int, output: int, size: int, flows: bool) -> tuple[Work, ...]:
    """The passes for the gradients with respect to the weights, if trained, and to the inputs, if `flows`."""
    weights, trained = part.weights * size, part.trainable * size
    if not flows and not trained:
        return ()
    if not part.macs:
        if part.linear:
            return ()  # the upstream gradient, as it is
        needed = part.reads * (output + inputs * part.needs_input) + output * part.needs_output + images * part.mask
        return (Work(images * part.backward, needed + weights, inputs * flows + trained),)
    bias_and_activation, products = images * part.backward, 2 * images * part.macs
    made = []
    if part.needs_output:
        made.append(Work(bias_and_activation, 2 * output, output, element_wise=True))
        bias_and_activation = 0
    if trained:
        made.append(Work(products + bias_and_activation, inputs + output, trained))
        bias_and_activation = 0
    if flows:
        made.append(Work(products + bias_and_activation, output + weights, inputs))
    return tuple(made)


def _default_training(operation: Any) -> object:
    training = inspect.signature(operation.call).parameters.get("training")
    return training.default if training else None


def _bytes(tensor: Any) -> int:
    size: int = prod(tensor.shape) * _itemsize(tensor)
    return size


def _itemsize(tensor: Any) -> int:
    return int(tf.as_dtype(tensor.dtype).size)
