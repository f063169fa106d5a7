"""A training's history, the weights it will keep, and the state that another process can go on from."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from dscnn import resume
from dscnn.device import keras
from dscnn.watch import Clock

Row = dict[str, float]


class Ledger(keras.callbacks.Callback):
    """Keeps history, the weights to keep, and after an epoch the state that another process can go on from."""

    SHARE = 0.02  # of the time since the last saving, at most, is spent on one

    def __init__(
        self,
        trained: keras.Model,
        path: Path,
        clock: Clock,
        rates: np.ndarray,
        steps: int,
        keep: str,
        patience: int,
    ) -> None:
        """Watch over `trained`, compiled, with the learning rate by step in `rates`, of which an epoch has `steps`."""
        super().__init__()
        self.trained, self.path, self.clock, self.rates, self.steps = trained, path, clock, rates, steps
        self.keep, self.patience = keep, patience
        self.history: list[Row] = []
        self.weights: dict[str, np.ndarray] = {}
        self._validated: dict[str, np.ndarray] = {}
        self.saved_epoch = 0
        self._saved, self._saving = time.perf_counter(), 0.0

    def go_on(self) -> None:
        """Take up the state that an earlier process left, if there is one; the model's optimizer is built."""
        variables = self._variables()
        kept = {f"kept/{variable.path}": variable.numpy() for variable in self.trained.weights}
        state = resume.load(self.path, {name: variable.numpy() for name, variable in variables.items()} | kept)
        if state is None:
            return
        for name, variable in variables.items():
            variable.assign(state.arrays[name])
        self.weights = {variable.path: state.arrays[f"kept/{variable.path}"] for variable in self.trained.weights}
        self.history = state.notes["history"]
        self.saved_epoch = len(self.history)
        self.clock.go_on(state.notes["clock"])
        print(f"goes on after epoch {len(self.history)}, from {self.path}", flush=True)

    @property
    def stops(self) -> bool:
        """Whether the training ends early."""
        return bool(self.history) and out_of_patience(self.history, self.patience)

    def on_test_end(self, logs: Any = None) -> None:
        self._validated = {variable.path: variable.numpy() for variable in self.trained.weights}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        said = logs or {}
        figures = {name: float(said[name]) for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
        rate = float(self.rates[(epoch + 1) * self.steps - 1])
        self.history.append({"epoch": epoch + 1, **figures, "learning_rate": rate})
        if self.keep == "last" or best(self.history) is self.history[-1]:
            self.weights = self._validated
        self.trained.stop_training = self.stops
        self._save()

    def _save(self) -> None:
        start = time.perf_counter()
        if self._saving > self.SHARE * (start - self._saved) and not self.stops:
            return
        arrays = {name: variable.numpy() for name, variable in self._variables().items()}
        arrays |= {f"kept/{name}": value for name, value in self.weights.items()}
        resume.save(self.path, resume.State(arrays, {"history": self.history, "clock": self.clock.notes()}))
        self.saved_epoch = len(self.history)
        self._saved = time.perf_counter()
        self._saving = self._saved - start

    def _variables(self) -> dict[str, keras.Variable]:
        """Return all that changes from step to step: weights, seeds of dropout, and the optimizer's."""
        model = {f"model/{variable.path}": variable for variable in self.trained.variables}
        return model | {f"optimizer/{variable.path}": variable for variable in self.trained.optimizer.variables}


class Average(keras.callbacks.Callback):
    """Validates, and so keeps, the optimizer's moving average of the weights; comes after the ledger."""

    def on_test_begin(self, logs: Any = None) -> None:
        self._trained = [variable.numpy() for variable in self.model.trainable_variables]
        self.model.optimizer.finalize_variable_values(self.model.trainable_variables)

    def on_test_end(self, logs: Any = None) -> None:
        for variable, value in zip(self.model.trainable_variables, self._trained, strict=True):
            variable.assign(value)


def best(history: list[Row]) -> Row:
    """Return the epoch whose validation accuracy was best, the first of equals."""
    return max(history, key=lambda row: row["val_accuracy"])


def out_of_patience(history: list[Row], patience: int) -> bool:
    """Whether the last `patience` epochs brought no lower validation loss; never with a patience of 0."""
    losses = [row["val_loss"] for row in history]
    return 0 < patience <= len(losses) - 1 - losses.index(min(losses))
