"""The epochs of a training, and the weights that it will keep."""

from typing import Any

import numpy as np

from dscnn.core.device import keras

Epoch = dict[str, float]
Weights = dict[str, np.ndarray]


class History(keras.callbacks.Callback):
    """Notes each epoch, keeps the weights of the last or of the best, and stops the training early."""

    def __init__(self, trained: keras.Model, rates: np.ndarray, steps: int, keep: str, patience: int) -> None:
        """Take the network that is trained, its learning rate by step in `rates`, of which an epoch has `steps`.

        `keep` is "last" or "best"; `patience` is `train.early_stopping`.
        """
        super().__init__()
        self.trained, self.rates, self.steps, self.keep, self.patience = trained, rates, steps, keep, patience
        self.epochs: list[Epoch] = []
        self.weights: Weights = {}
        self._validated: Weights = {}

    @property
    def stops(self) -> bool:
        """Whether the training ends early."""
        return bool(self.epochs) and out_of_patience(self.epochs, self.patience)

    @property
    def done(self) -> bool:
        return self.stops or len(self.epochs) * self.steps == len(self.rates)

    def on_test_end(self, logs: Any = None) -> None:
        self._validated = {variable.path: variable.numpy() for variable in self.trained.weights}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logged = logs or {}
        figures = {name: float(logged[name]) for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
        rate = float(self.rates[(epoch + 1) * self.steps - 1])
        self.epochs.append({"epoch": epoch + 1, **figures, "learning_rate": rate})
        if self.keep == "last" or best(self.epochs) is self.epochs[-1]:
            self.weights = self._validated
        self.trained.stop_training = self.stops


class ValidateAverage(keras.callbacks.Callback):
    """Validates, and so keeps, the optimizer's moving average of the weights; comes after `History`."""

    def on_test_begin(self, logs: Any = None) -> None:
        self._trained = [variable.numpy() for variable in self.model.trainable_variables]
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)

    def on_test_end(self, logs: Any = None) -> None:
        for variable, value in zip(self.model.trainable_variables, self._trained, strict=True):
            variable.assign(value)


def best(epochs: list[Epoch]) -> Epoch:
    """Return the epoch whose validation accuracy was best, the first of equals."""
    return max(epochs, key=lambda epoch: epoch["val_accuracy"])


def out_of_patience(epochs: list[Epoch], patience: int) -> bool:
    """Whether the last `patience` epochs brought no lower validation loss; never with a patience of 0."""
    losses = [epoch["val_loss"] for epoch in epochs]
    return 0 < patience <= len(losses) - 1 - losses.index(min(losses))


def summary(epochs: list[Epoch], keep: str) -> dict[str, object]:
    """Return the figures of the last epoch and of the best, and which of the two the weights are of."""
    highest = best(epochs)
    return {
        "epochs": len(epochs),
        "last": {name: value for name, value in epochs[-1].items() if name != "epoch"},
        "best_epoch": highest["epoch"],
        "best_val_accuracy": highest["val_accuracy"],
        "kept_epoch": (highest if keep == "best" else epochs[-1])["epoch"],
    }
