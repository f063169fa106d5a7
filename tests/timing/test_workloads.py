from itertools import takewhile
from typing import Any

import numpy as np
import pytest

from dscnn.core.device import keras, tf
from dscnn.experiment import params
from dscnn.networks.build import build
from dscnn.networks.fused import Fused, training_ops
from dscnn.timing import workloads
from dscnn.training import optimizer


def compiled(settings: params.Params, architecture: str, rate: float, width: float = 0.5) -> Fused:
    """Return a network of the tiny experiment as it trains with one learning rate."""
    network = build(settings.network, settings.architectures[architecture], width, (8, 8, 1), 3, 1)
    return optimizer.compiled(network, settings.train, settings.recipe, np.float32([rate]))


@pytest.fixture
def model(settings: params.Params) -> Fused:
    return compiled(settings, "Separable", 0.1)


@pytest.fixture
def batch() -> tuple[Any, Any]:
    """Images and one-hot labels."""
    return workloads.tensors(workloads.random_batch((8, 8, 1), 3, 6), 3)


def test_a_training_step_trains(model: Fused, batch: tuple[Any, Any]) -> None:
    """The loss falls when it is taken on the same batch again and again."""
    step = workloads.training_step(model, *batch)
    losses = [step() for _ in range(30)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5])


def test_what_is_untrained_stays_so(settings: params.Params, batch: tuple[Any, Any]) -> None:
    """Neither a step nor the optimizer alone moves any weight, since the learning rate is 0."""
    network = build(settings.network, settings.architectures["Separable"], 0.5, (8, 8, 1), 3, 1)
    model = workloads.untrained(network, settings.train, settings.recipe)
    before = [variable.numpy() for variable in model.trainable_variables]
    step, update = workloads.training_step(model, *batch), workloads.optimizer(model)
    for _ in range(3):
        step()
        update()
    for variable, value in zip(model.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    assert int(model.optimizer.iterations.numpy()) == 6, "but steps were taken"


def test_inference_is_the_networks(model: Fused, batch: tuple[Any, Any]) -> None:
    """It gives the network's probabilities."""
    found = workloads.inference(model.network, batch[0])()
    np.testing.assert_allclose(found, model.network(batch[0], training=False), rtol=1e-6)


def test_loss_has_its_gradient_by_the_probabilities(model: Fused, batch: tuple[Any, Any]) -> None:
    """A higher probability of the right class lowers the loss."""
    gradient, metrics = workloads.loss(model, batch[1])()
    assert gradient.shape == (6, 3)
    assert (gradient.numpy()[batch[1].numpy() == 1] < 0).all()
    assert 0 <= metrics["accuracy"] <= 1


def test_each_part_does_what_it_does_in_the_network(model: Fused, batch: tuple[Any, Any]) -> None:
    """Copies are alike, the last part makes probabilities, and inputs have gradients once weights are before them."""
    parts = list(workloads.parts(model, batch[0]))
    assert [part.name for part in parts][:4] == [
        "scale", "block1_conv1/depthwise", "block1_conv1/pointwise", "block1_dropout1",
    ]  # fmt: skip
    by_name = {part.name: part for part in parts}
    probabilities = by_name["classes"].inference(3)()
    assert len(probabilities) == 3
    np.testing.assert_allclose(np.sum(probabilities[0], axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(probabilities[0], probabilities[2])
    counts = {name: len(by_name[name].training(2)()[1]) - 1 for name in by_name if by_name[name].training}
    assert counts["scale"] == 0, "nothing is trained before it or in it"
    assert counts["block1_conv1/depthwise"] == 1, "its kernel"
    assert counts["block1_conv1/pointwise"] == 3, "inputs, kernel, bias"
    assert counts["block1_pool"] == 1
    assert counts["block1_norm"] == 3
    assert by_name["flatten"].training is None
    assert by_name["flatten"].inference is None
    assert by_name["block1_dropout1"].inference is None


def test_gradients_are_those_of_the_layer(settings: params.Params, model: Fused, batch: tuple[Any, Any]) -> None:
    """They are by its inputs and weights, for the upstream gradient that the part makes up."""
    part = next(part for part in workloads.parts(model, batch[0]) if part.name == "dense1")
    ((outputs, *found),) = part.training(1)()
    equal, inputs = compiled(settings, "Separable", 0.1), batch[0]  # it draws the same dropout before that layer
    for op in takewhile(lambda op: op.name != "dense1", training_ops(equal.network, equal.compute_dtype)):
        inputs = op.apply(inputs)
    layer = model.network.get_layer("dense1")
    upstream = tf.random.stateless_normal(outputs.shape, (1, 2)).numpy()
    # a dropout leaves it to the layer after it to divide by the share kept
    x = inputs.numpy() / (1 - settings.network.block_dropout)
    kernel, bias = layer.kernel.numpy(), layer.bias.numpy()
    values = x @ kernel + bias
    assert 0 < np.mean(values > 0) < 1, "its ReLU is open in places"
    down = upstream * (values > 0)
    by_inputs = down @ kernel.T / (1 - settings.network.block_dropout)
    np.testing.assert_allclose(outputs, np.maximum(values, 0), rtol=1e-4, atol=1e-5)
    for gradient, expected in zip(found, (by_inputs, x.T @ down, down.sum(axis=0)), strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-5)


def test_parts_that_do_the_same_have_equal_keys(settings: params.Params, batch: tuple[Any, Any]) -> None:
    """Two architectures share what they have in common, and no convolution."""
    models = [compiled(settings, name, 0.0) for name in ("Regular", "Separable")]
    regular, separable = ({part.key: part.name for part in workloads.parts(model, batch[0])} for model in models)
    shared = {regular[key] for key in regular.keys() & separable.keys()}
    assert {"block1_pool", "dense1", "classes", "block3_norm"} <= shared
    assert not [name for name in shared if "_conv" in name]


def test_kinds_of_equal_shapes_have_keys_of_their_own(settings: params.Params, batch: tuple[Any, Any]) -> None:
    """A grouped convolution has the name, class and shapes of a regular one."""
    grouped = settings.model_copy(
        update={"architectures": {"Regular": ("conv", "conv"), "Grouped": ("conv", "grouped")}}
    )
    models = [compiled(grouped, name, 0.0, width=2) for name in ("Regular", "Grouped")]
    one, other = ({part.key: part.name for part in workloads.parts(model, batch[0])} for model in models)
    assert {one[key] for key in one.keys() - other.keys()} == {f"block{i}_conv2" for i in (1, 2, 3)}


def test_a_layer_that_computes_a_relu_has_a_key_of_its_own(settings: params.Params, batch: tuple[Any, Any]) -> None:
    """Behind a blueprint, whose last half is no layer of that kind, a dropout and a pooling have none to compute."""
    changed = settings.model_copy(
        update={"architectures": {"Regular": ("conv", "conv"), "Blueprint": ("blueprint", "blueprint")}}
    )
    models = [compiled(changed, name, 0.0) for name in ("Regular", "Blueprint")]
    one, other = ({part.name: part.key for part in workloads.parts(model, batch[0])} for model in models)
    assert one["block1_dropout1"] != other["block1_dropout1"]
    assert one["block1_pool"] != other["block1_pool"]
    assert one["block1_norm"] == other["block1_norm"]


def test_random_batches_are_images_and_labels() -> None:
    """They are the same each time, and have pixels and classes of all values."""
    images, labels = workloads.random_batch((4, 4, 3), 5, 70)
    assert (images.shape, images.dtype, labels.shape, labels.dtype) == ((70, 4, 4, 3), np.uint8, (70,), np.uint8)
    assert (images.min(), images.max()) == (0, 255)
    assert np.unique(labels).tolist() == [0, 1, 2, 3, 4]
    for array, again in zip((images, labels), workloads.random_batch((4, 4, 3), 5, 70), strict=True):
        np.testing.assert_array_equal(array, again)


def test_the_tensors_of_a_batch_are_as_the_networks_take_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Images in the data format that is set, labels one-hot in float32."""
    batch = workloads.random_batch((4, 5, 3), 5, 7)
    images, one_hot = workloads.tensors(batch, 5)
    np.testing.assert_array_equal(images, batch.images)
    np.testing.assert_array_equal(one_hot, tf.one_hot(batch.labels, 5))
    assert one_hot.dtype == tf.float32
    monkeypatch.setattr(keras.config, "image_data_format", lambda: "channels_first")
    assert workloads.tensors(batch, 5)[0].shape == (7, 3, 4, 5)
