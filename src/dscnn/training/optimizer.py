"""How the weights are found: learning-rate schedule, optimizer, and the network compiled with them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dscnn.core.device import keras, tf
from dscnn.experiment.params import Recipe, Train
from dscnn.networks.fused import Fused
from dscnn.training.muon import Muon, no_matrices


def rates(train: Train, recipe: Recipe, steps: int) -> np.ndarray:
    """Return the learning rate of each of a training's `steps`.

    Warm-up is linear over the first `recipe.warmup` of them. Then `constant` stays, `cosine` follows a half wave
    towards zero (arXiv 1608.03983, without restarts), and `linear` falls in a straight line towards zero. Keras's
    schedules warm up by another formula, from a rate at step 0, and history and report need the rates as numbers.
    """
    step, warm = np.arange(steps), min(round(recipe.warmup * steps), steps - 1)
    after = np.maximum(step - warm, 0) / (steps - warm)
    then = {
        "constant": np.ones(steps),
        "cosine": (1 + np.cos(np.pi * after)) / 2,
        "linear": 1 - after,
    }[recipe.schedule]
    factors: np.ndarray = np.where(step < warm, (step + 1) / max(warm, 1), then)
    return train.learning_rate * factors


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rates of a table, by step."""

    def __init__(self, table: np.ndarray) -> None:
        self.table = tf.constant(table, tf.float32)

    def __call__(self, step: Any) -> Any:
        # the step after the last is asked for too
        return tf.gather(self.table, tf.minimum(tf.cast(step, tf.int32), len(self.table) - 1))


def optimizer(
    train: Train, recipe: Recipe, table: np.ndarray, no_matrices: Sequence[str] = ()
) -> keras.optimizers.Optimizer:
    """Return the optimizer, with the learning rates of `table`; `no_matrices` names the kernels that Muon is not for.

    Weight decay is decoupled and times the learning rate (arXiv 1711.05101), on kernels alone; gradients are clipped
    by their global norm; `recipe.ema_decay` is the decay a step of an exponential moving average of the weights.
    """
    decay = recipe.weight_decay or None  # Keras multiplies by a decay of 0 too
    common: dict[str, Any] = {
        "learning_rate": Schedule(table),
        "weight_decay": decay,
        "global_clipnorm": recipe.global_clipnorm or None,
        "use_ema": recipe.ema_decay > 0,
        "ema_momentum": recipe.ema_decay or None,
    }
    match train.optimizer:
        case "adam" | "adamw":  # Keras's AdamW is its Adam, but refuses None; with adam params.yaml says 0
            made = keras.optimizers.Adam(**common)
        case "sgd":
            made = keras.optimizers.SGD(momentum=0.9, nesterov=True, **common)
        case "muon":
            made = Muon(adam_weight_decay=decay, exclude_layers=[*no_matrices], **common)
    made.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return made


def compiled(network: keras.Model, train: Train, recipe: Recipe, table: np.ndarray) -> Fused:
    """Return `network` as it trains, with loss, metric and optimizer; `table` has its learning rate by step."""
    model = Fused(network)
    model.compile(
        optimizer=optimizer(train, recipe, table, no_matrices(network)),
        loss=keras.losses.CategoricalCrossentropy(),
        metrics=["accuracy"],
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)
    # TensorFlow traces a step twice in which variables are made; Keras makes those of the accuracy when first used
    labels = tf.zeros((1, *network.output_shape[1:]))
    model.compute_metrics(None, labels, labels)
    model.reset_metrics()
    return model
