from math import cos, pi
from typing import Any

import numpy as np
import pytest

from dscnn import params, recipe
from dscnn.device import keras, tf


def changed(settings: params.Params, **values: Any) -> tuple[params.Train, params.Recipe]:
    """Return the tiny experiment's train and recipe, with `values` in whichever has the key."""
    parts = (settings.train, settings.recipe)
    train, extras = (
        part.model_copy(update={key: value for key, value in values.items() if key in type(part).model_fields})
        for part in parts
    )
    return train, extras


def test_the_reference_has_one_rate(settings: params.Params) -> None:
    """To the last bit."""
    assert set(recipe.rates(settings.train, settings.recipe, 10)) == {0.01}


def test_cosine_after_warm_up_by_hand(settings: params.Params) -> None:
    """Two of ten steps up, then half a wave over eight."""
    rates = recipe.rates(*changed(settings, schedule="cosine", warmup=0.2, learning_rate=0.5), 10)
    assert rates[:2] == pytest.approx([0.25, 0.5])
    assert rates[2:] == pytest.approx([0.25 * (1 + cos(pi * i / 8)) for i in range(8)])


def test_one_cycle_by_hand(settings: params.Params) -> None:
    """Four steps up, then six down; the last is the smallest but not zero."""
    rates = recipe.rates(*changed(settings, schedule="one_cycle", warmup=0.4, learning_rate=1.0), 10)
    assert rates == pytest.approx([1 / 4, 2 / 4, 3 / 4, 1, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6])


@pytest.mark.parametrize("schedule", ["constant", "cosine", "one_cycle"])
def test_every_schedule_stays_between_zero_and_the_rate(settings: params.Params, schedule: str) -> None:
    """With and without warm-up, for one step too; the rate itself is reached."""
    for steps in (1, 2, 7, 100):
        for warmup in (0.0, 0.3, 0.99):
            rates = recipe.rates(*changed(settings, schedule=schedule, warmup=warmup), steps)
            assert len(rates) == steps
            assert rates.min() > 0
            assert rates.max() == pytest.approx(0.01)


def stepped(settings: params.Params, gradients: list[Any], **values: Any) -> tuple[list[np.ndarray], Any]:
    """Return a kernel and a bias, both 1.0 twice, after a step along each of `gradients`, and the optimizer."""
    variables = [keras.Variable(np.ones(2, np.float32), name=name) for name in ("kernel", "bias")]
    train, extras = changed(settings, **values)
    made = recipe.optimizer(train, extras, recipe.rates(train, extras, len(gradients)))
    made.build(variables)
    for gradient in gradients:
        made.apply([tf.constant(gradient, tf.float32)] * 2, variables)
    return [variable.numpy() for variable in variables], made


def test_adam_by_hand(settings: params.Params) -> None:
    """The first step is the learning rate against the gradient's sign."""
    (kernel, bias), _ = stepped(settings, [[0.5, -2.0]], optimizer="adam")
    assert kernel == pytest.approx([0.99, 1.01], rel=1e-5)
    assert bias == pytest.approx(kernel)


def test_adamw_decays_kernels_alone(settings: params.Params) -> None:
    """By rate x decay x weight, apart from the gradient."""
    (kernel, bias), _ = stepped(settings, [[0.0, 0.0]], optimizer="adamw", weight_decay=0.1)
    assert kernel == pytest.approx([1 - 0.01 * 0.1] * 2)
    assert bias == pytest.approx([1, 1])


def test_nesterovs_momentum_by_hand(settings: params.Params) -> None:
    """Velocity 0.9 v - rate g; the weight moves by 0.9 v - rate g."""
    (kernel, _), _ = stepped(settings, [[1.0, 0.0], [1.0, 0.0]], optimizer="sgd", learning_rate=0.1)
    velocity, weight = 0.0, 1.0
    for _ in range(2):
        velocity = 0.9 * velocity - 0.1
        weight += 0.9 * velocity - 0.1
    assert kernel == pytest.approx([weight, 1])


def test_gradients_are_cut_to_a_common_norm(settings: params.Params) -> None:
    """Of all variables together: (3, 4) twice has norm 50 ** 0.5."""
    (kernel, _), _ = stepped(settings, [[3.0, 4.0]], optimizer="sgd", learning_rate=0.1, clip_norm=1.0)
    assert kernel == pytest.approx(1 - 0.1 * 1.9 * np.array([3, 4]) / 50**0.5)


def test_the_average_is_exponential(settings: params.Params) -> None:
    """It starts with the weights after the first step; then 0.75 of the old, a quarter of the new."""
    variables, made = stepped(settings, [[1.0, 0.0], [1.0, 0.0]], optimizer="sgd", learning_rate=0.1, average=0.75)
    velocity = 0.9 * -0.1 - 0.1
    first = 1 + 0.9 * -0.1 - 0.1
    second = first + 0.9 * velocity - 0.1
    average = 0.75 * first + 0.25 * second
    targets = [keras.Variable(np.zeros(2, np.float32)) for _ in variables]
    made.finalize_variable_values(targets)
    assert targets[0].numpy() == pytest.approx([average, 1])


def test_the_optimizer_follows_the_table(settings: params.Params) -> None:
    """Step by step, and stays at its last rate when asked beyond."""
    schedule = recipe.Schedule(np.array([0.5, 0.25]))
    assert [float(schedule(step)) for step in (0, 1, 2)] == [0.5, 0.25, 0.25]


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_no_weight_decay_is_none(settings: params.Params, optimizer: str) -> None:
    """For each optimizer: without a gradient nothing moves."""
    (kernel, bias), _ = stepped(settings, [[0.0, 0.0]], optimizer=optimizer)
    assert kernel.tolist() == bias.tolist() == [1, 1]
