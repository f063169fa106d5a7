"""How the weights are found: learning rate by step, optimizer and what goes with it (`train` and `recipe`)."""

from typing import Any

import numpy as np

from dscnn import params
from dscnn.device import keras, tf


def rates(train: params.Train, recipe: params.Recipe, steps: int) -> np.ndarray:
    """Return the learning rate of each of a training's `steps`.

    Warm-up is linear over the first `recipe.warmup` of them. Then `constant` stays, `cosine` follows a half wave
    towards zero (arXiv 1608.03983, without restarts), and `one_cycle` falls linearly towards zero (arXiv
    1803.09820, with the momentum constant).
    """
    step, warm = np.arange(steps), min(round(recipe.warmup * steps), steps - 1)
    after = np.maximum(step - warm, 0) / (steps - warm)
    then = {
        "constant": np.ones(steps),
        "cosine": (1 + np.cos(np.pi * after)) / 2,
        "one_cycle": 1 - after,
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


def optimizer(train: params.Train, recipe: params.Recipe, table: np.ndarray) -> keras.optimizers.Optimizer:
    """Return the optimizer, with the learning rates of `table`.

    Weight decay is decoupled and times the learning rate (arXiv 1711.05101), on kernels alone; gradients are cut to
    a common norm; `recipe.average` is the decay of an exponential moving average of the weights.
    """
    kind: Any = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "sgd": keras.optimizers.SGD,
    }[train.optimizer]
    momentum = {"momentum": 0.9, "nesterov": True} if train.optimizer == "sgd" else {}
    weight_decay: float | None = recipe.weight_decay
    if train.optimizer == "adam":
        weight_decay = None  # it has none; params.yaml says 0
    made = kind(
        learning_rate=Schedule(table),
        weight_decay=weight_decay,
        global_clipnorm=recipe.clip_norm or None,
        use_ema=recipe.average > 0,
        ema_momentum=recipe.average or None,
        **momentum,
    )
    made.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return made
