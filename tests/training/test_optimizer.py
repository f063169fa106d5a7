from math import cos, pi
from typing import Any

import numpy as np
import pytest

from dscnn.core.device import keras, tf
from dscnn.experiment.params import Params, Recipe, Train
from dscnn.networks.build import build
from dscnn.training.optimizer import Schedule, compiled, optimizer, rates


def changed(settings: Params, **values: Any) -> tuple[Train, Recipe]:
    """Return the tiny experiment's train and recipe, with `values` in whichever has the key."""
    train, recipe = (
        part.model_copy(update={key: value for key, value in values.items() if key in type(part).model_fields})
        for part in (settings.train, settings.recipe)
    )
    return train, recipe


def test_the_reference_has_one_rate(settings: Params) -> None:
    """Every step has it to the last bit."""
    assert set(rates(settings.train, settings.recipe, 10)) == {0.01}


def test_cosine_after_warm_up_by_hand(settings: Params) -> None:
    """The rate rises in two of ten steps, then falls in half a wave over eight."""
    table = rates(*changed(settings, schedule="cosine", warmup=0.2, learning_rate=0.5), 10)
    assert table[:2] == pytest.approx([0.25, 0.5])
    assert table[2:] == pytest.approx([0.25 * (1 + cos(pi * i / 8)) for i in range(8)])


def test_linear_by_hand(settings: Params) -> None:
    """The rate rises in four steps, then falls in six; the last is the smallest but not zero."""
    table = rates(*changed(settings, schedule="linear", warmup=0.4, learning_rate=1.0), 10)
    assert table == pytest.approx([1 / 4, 2 / 4, 3 / 4, 1, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6])


@pytest.mark.parametrize("schedule", ["constant", "cosine", "linear"])
def test_every_schedule_stays_between_zero_and_the_rate(settings: Params, schedule: str) -> None:
    """So it is with and without warm-up, for one step too; the rate itself is reached."""
    for steps in (1, 2, 7, 100):
        for warmup in (0.0, 0.3, 0.99):
            table = rates(*changed(settings, schedule=schedule, warmup=warmup), steps)
            assert len(table) == steps
            assert table.min() > 0
            assert table.max() == pytest.approx(0.01)


def stepped(settings: Params, gradients: list[Any], **values: Any) -> tuple[list[np.ndarray], Any]:
    """Return a kernel and a bias, both 1.0 twice, after a step along each of `gradients`, and the optimizer."""
    variables = [keras.Variable(np.ones(2, np.float32), name=name) for name in ("kernel", "bias")]
    train, recipe = changed(settings, **values)
    made = optimizer(train, recipe, rates(train, recipe, len(gradients)))
    made.build(variables)
    for gradient in gradients:
        made.apply([tf.constant(gradient, tf.float32)] * 2, variables)
    return [variable.numpy() for variable in variables], made


def test_adam_by_hand(settings: Params) -> None:
    """The first step is the learning rate against the gradient's sign."""
    (kernel, bias), _ = stepped(settings, [[0.5, -2.0]], optimizer="adam")
    assert kernel == pytest.approx([0.99, 1.01], rel=1e-5)
    assert bias == pytest.approx(kernel)


def test_adamw_decays_kernels_alone(settings: Params) -> None:
    """They shrink by rate x decay x weight, apart from the gradient."""
    (kernel, bias), _ = stepped(settings, [[0.0, 0.0]], optimizer="adamw", weight_decay=0.1)
    assert kernel == pytest.approx([1 - 0.01 * 0.1] * 2)
    assert bias == pytest.approx([1, 1])


def test_nesterovs_momentum_by_hand(settings: Params) -> None:
    """The velocity becomes 0.9 v - rate g, then the weight moves by 0.9 v - rate g."""
    (kernel, _), _ = stepped(settings, [[1.0, 0.0], [1.0, 0.0]], optimizer="sgd", learning_rate=0.1)
    velocity, weight = 0.0, 1.0
    for _ in range(2):
        velocity = 0.9 * velocity - 0.1
        weight += 0.9 * velocity - 0.1
    assert kernel == pytest.approx([weight, 1])


def test_gradients_are_clipped_by_their_global_norm(settings: Params) -> None:
    """The norm is that of all variables together: (3, 4) twice has norm 50 ** 0.5."""
    (kernel, _), _ = stepped(settings, [[3.0, 4.0]], optimizer="sgd", learning_rate=0.1, global_clipnorm=1.0)
    assert kernel == pytest.approx(1 - 0.1 * 1.9 * np.array([3, 4]) / 50**0.5)


def test_the_average_is_exponential(settings: Params) -> None:
    """It starts with the weights after the first step; then 0.75 of the old, a quarter of the new."""
    variables, made = stepped(settings, [[1.0, 0.0], [1.0, 0.0]], optimizer="sgd", learning_rate=0.1, ema_decay=0.75)
    velocity = 0.9 * -0.1 - 0.1
    first = 1 + 0.9 * -0.1 - 0.1
    second = first + 0.9 * velocity - 0.1
    average = 0.75 * first + 0.25 * second
    targets = [keras.Variable(np.zeros(2, np.float32)) for _ in variables]
    made.finalize_variable_values(targets)
    assert targets[0].numpy() == pytest.approx([average, 1])


def test_the_optimizer_follows_the_table(settings: Params) -> None:
    """It takes its rates step by step, and stays at the last when asked beyond."""
    schedule = Schedule(np.array([0.5, 0.25]))
    assert [float(schedule(step)) for step in (0, 1, 2)] == [0.5, 0.25, 0.25]


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "muon"])
def test_no_weight_decay_is_none(settings: Params, name: str) -> None:
    """Without a gradient no optimizer moves anything, and none passes over the kernels, as Keras does for 0."""
    (kernel, bias), made = stepped(settings, [[0.0, 0.0]], optimizer=name)
    assert kernel.tolist() == bias.tolist() == [1, 1]
    assert made.weight_decay is None
    assert getattr(made, "adam_weight_decay", None) is None


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_the_weights_are_those_of_keras(settings: Params, name: str, decay: float) -> None:
    """To the last bit, over several steps; without weight decay they are those with one of 0."""
    gradients = np.random.default_rng(0).normal(size=(5, 2)).tolist()
    (kernel, _), _ = stepped(settings, gradients, optimizer=name, weight_decay=decay)
    momentum = {"momentum": 0.9, "nesterov": True} if name == "sgd" else {}
    other = {"adamw": keras.optimizers.AdamW, "sgd": keras.optimizers.SGD}[name](0.01, weight_decay=decay, **momentum)
    expected = keras.Variable(np.ones(2, np.float32), name="kernel")
    other.build([expected])
    for gradient in gradients:
        other.apply([tf.constant(gradient, tf.float32)], [expected])
    np.testing.assert_array_equal(kernel, expected.numpy())


def test_a_compiled_network_is_ready_to_train(settings: Params) -> None:
    """Its optimizer has the first rate of the table, and two variables for each weight before the first step."""
    network = build(settings.network, ("separable", "separable"), 0.5, (8, 8, 1), 3)
    model = compiled(network, settings.train, settings.recipe, np.float32([0.5, 0.25]))
    assert model.network is network
    assert model.loss.name == "categorical_crossentropy"
    assert float(model.optimizer.learning_rate) == 0.5
    moments = [tuple(variable.shape) for variable in model.optimizer.variables if len(variable.shape)]
    assert sorted(moments) == sorted(2 * [tuple(weight.shape) for weight in network.trainable_weights])


def test_muon_leaves_the_kernels_that_are_no_matrices_to_adam(settings: Params) -> None:
    """A matrix has a momentum alone; what AdamW moves has two moments."""
    network = build(settings.network, ("separable", "separable"), 0.5, (8, 8, 1), 3)
    model = compiled(network, *changed(settings, optimizer="muon"), np.float32([0.5, 0.25]))
    moments = sorted(tuple(variable.shape) for variable in model.optimizer.variables if len(variable.shape))
    matrices = ("pointwise_kernel", "dense1/kernel")
    expected = [(1 if weight.path.endswith(matrices) else 2) * [weight] for weight in network.trainable_weights]
    assert moments == sorted(tuple(weight.shape) for twice in expected for weight in twice)


def test_a_step_is_traced_once(settings: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow would trace it again if its first trace made variables; the metrics start from nothing."""
    network = build(settings.network, ("separable", "separable"), 0.5, (8, 8, 1), 3)
    model = compiled(network, settings.train, settings.recipe, np.float32([0.5, 0.25]))
    assert [float(np.sum(variable)) for variable in model.metrics_variables] == [0, 0, 0, 0]
    traced = []
    step = model.train_step
    monkeypatch.setattr(model, "train_step", lambda data: (traced.append(data), step(data))[1])
    images, labels = np.zeros((2, 8, 8, 1), np.uint8), np.eye(3, dtype=np.float32)[:2]
    for _ in range(2):
        model.train_on_batch(images, labels)
    assert len(traced) == 1
