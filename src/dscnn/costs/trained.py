"""What the layers of a network cost in training as `dscnn.networks.fused` computes them.

That is as Keras's layers cost (`dscnn.costs.counter`), but for a ReLU that the pooling or dropout after a convolution
computes instead: of it the convolution has neither FLOPs nor the gradient's pass. A pooling has them for the numbers
that it leaves. A dropout has the FLOPs, and no pass more. Inference stays as it is.
"""

from dataclasses import replace
from math import prod

from dscnn.costs import counter
from dscnn.costs.work import Row, Work
from dscnn.networks.fused import Fused, training_ops


def count(model: Fused, batch_size: int) -> list[Row]:
    """Return what each part of `model` costs for a batch, in the order of computation."""
    relus = {op.name: op.relu for op in training_ops(model.network, model.compute_dtype)}
    made = []
    for row in counter.count(model.network, batch_size):
        numbers = batch_size * prod(row.output_shape)
        match relus[row.name]:
            case "later":
                made.append(without_relu(row, numbers))
            case "earlier":
                made.append(with_relu(row, numbers))
            case "own":
                made.append(row)
    return made


def without_relu(row: Row, numbers: int) -> Row:
    """Return `row`, of a convolution with a ReLU of so many `numbers`, without it."""
    relu, first, *others = row.gradients
    if not relu.element_wise:
        raise ValueError(f"{row.name} has no pass for the gradient of a ReLU")
    biased = replace(first, flops=first.flops + relu.flops - numbers)  # the bias's part of that pass
    forward = replace(row.forward, flops=row.forward.flops - numbers)
    return replace(row, forward=forward, gradients=(biased, *others))


def with_relu(row: Row, numbers: int) -> Row:
    """Return `row`, of a pooling or dropout, with a ReLU of so many `numbers`."""
    forward = replace(row.forward, flops=row.forward.flops + numbers)
    if row.layer_class.startswith("Dropout"):
        (gradient,) = row.gradients
        return replace(row, forward=forward, gradients=(replace(gradient, flops=gradient.flops + numbers),))
    size = row.forward.written
    gradient = Work(numbers, 2 * size, size, element_wise=True)
    return replace(row, forward=forward, gradients=(gradient, *row.gradients))
