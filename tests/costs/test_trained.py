from dataclasses import replace

import pytest

import tiny
from dscnn.core.device import keras
from dscnn.costs import counter
from dscnn.costs.trained import count, without_relu
from dscnn.costs.work import Row
from dscnn.experiment import params
from dscnn.networks.build import build
from dscnn.networks.fused import Fused

BATCH, SIDE, FILTERS = 5, 8, 4


def network(kind: str, dropout: float) -> keras.Model:
    """Return a network of one block of 4 filters, on images of 8 x 8."""
    settings = params.check(tiny.params()).network
    own = settings.model_copy(update={"filters": (FILTERS,), "conv_dropout": dropout})
    return build(own, (kind, kind), 1, (SIDE, SIDE, 1), 3)


def by_name(rows: list[Row]) -> dict[str, Row]:
    return {row.name: row for row in rows}


def linear(model: keras.Model, name: str) -> Row:
    """Return what the convolution `name` of `model` would cost without a ReLU in training alone."""
    layer = model.get_layer(name)
    before = layer.activation
    rows = []
    for layer.activation in (keras.activations.linear, before):
        rows += [row for row in counter.count(model, BATCH) if row.name.startswith(name)][-1:]
    return replace(rows[0], inference=rows[1].inference)


@pytest.mark.parametrize(("kind", "last"), [("conv", ""), ("separable", "/pointwise")])
def test_a_pooling_has_the_relu_of_the_convolution_before_it(kind: str, last: str) -> None:
    """The convolution costs as one without; the pooling has a comparison a number, and a pass over its quarter."""
    model = network(kind, 0.0)
    keras_, made = by_name(counter.count(model, BATCH)), by_name(count(Fused(model), BATCH))
    assert list(made) == list(keras_)
    assert made[f"block1_conv2{last}"] == linear(model, "block1_conv2")
    numbers = BATCH * (SIDE // 2) ** 2 * FILTERS
    pool, before = made["block1_pool"], keras_["block1_pool"]
    assert pool.forward.flops == before.forward.flops + numbers
    assert pool.forward.bytes == before.forward.bytes
    relu, *others = pool.gradients
    assert (relu.flops, relu.read, relu.written, relu.element_wise) == (numbers, 8 * numbers, 4 * numbers, True)
    assert tuple(others) == before.gradients
    same = keras_.keys() - {f"block1_conv2{last}", "block1_pool"}
    assert {name: made[name] for name in same} == {name: keras_[name] for name in same}


def test_a_dropout_has_the_relu_in_its_own_passes() -> None:
    """A comparison more for each number, forward and backward, and not a byte."""
    model = network("conv", 0.5)
    keras_, made = by_name(counter.count(model, BATCH)), by_name(count(Fused(model), BATCH))
    assert made["block1_conv1"] == linear(model, "block1_conv1")
    numbers = BATCH * SIDE**2 * FILTERS
    dropout, before = made["block1_dropout1"], keras_["block1_dropout1"]
    assert dropout.forward.flops - before.forward.flops == numbers
    assert dropout.backward.flops - before.backward.flops == numbers
    assert (dropout.forward.bytes, dropout.backward.bytes) == (before.forward.bytes, before.backward.bytes)


def test_a_layer_with_its_own_relu_stays() -> None:
    """The last half of a blueprint is no layer whose ReLU is moved; inference stays whatever is."""
    model = network("blueprint", 0.5)
    assert count(Fused(model), BATCH) == counter.count(model, BATCH)
    other = network("conv", 0.5)
    fused, keras_ = count(Fused(other), BATCH), counter.count(other, BATCH)
    assert fused != keras_
    assert [row.inference for row in fused] == [row.inference for row in keras_]


def test_a_row_without_a_relu_has_none_to_lose() -> None:
    """It is a defect to ask."""
    row = linear(network("conv", 0.0), "block1_conv2")
    with pytest.raises(ValueError, match="block1_conv2 has no pass for the gradient of a ReLU"):
        without_relu(row, 1)
