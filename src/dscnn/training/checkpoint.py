"""The checkpoint of a training: written after an epoch and kept until the arm is done, so that a kill costs little.

The file is named by a hash of everything that decides the arm's last bits: parameters, data, code, software,
processor. So a training never resumes from the checkpoint of another one, and several experiments may train the same
arm at the same time, each with its own.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dscnn.core import files, paths
from dscnn.core.device import keras
from dscnn.core.paths import Arm
from dscnn.core.stage import Problem
from dscnn.training.clock import Clock
from dscnn.training.history import History

NOTES = "notes"
UNTOUCHED = 30 * 24 * 3600  # seconds, after which the checkpoint of a training that was given up is removed
IGNORED = "ignored, training starts from the beginning"


class State(NamedTuple):
    """What a training needs to resume: variables by name, and what is no array, as JSON."""

    arrays: dict[str, np.ndarray]
    notes: dict[str, Any]


def path_of(arm: Arm, facts: Mapping[str, object]) -> Path:
    """Return the checkpoint of the training of `arm` that `facts` decide.

    It is no output of DVC's, which would remove it before the stage runs.
    """
    return paths.state() / "training" / "-".join(arm) / f"{fingerprint(facts)}.npz"


@contextmanager
def alone(checkpoint: Path) -> Iterator[None]:
    """Hold the lock of a checkpoint; while another process holds it, which does the same training, wait."""
    lock = checkpoint.with_suffix(".lock")
    with files.locked(lock, lambda: print(f"waiting for another process in the same training ({lock})", flush=True)):
        yield


def fingerprint(facts: Mapping[str, object]) -> str:
    """Return a hash of `facts`, of the code of this project that is loaded, and of what steers the libraries."""
    modules = {name: module.__file__ for name, module in sys.modules.items() if name.split(".")[0] == "dscnn"}
    modules["__main__"] = getattr(sys.modules["__main__"], "__file__", None)
    code = {name: files.sha256(Path(path)) for name, path in modules.items() if path}
    steering = (
        "TF_",
        "ONEDNN_",
        "DNNL_",
        "OMP_",
        "KMP_",
        "XLA_",
        "CUDA_",
        "CUDNN_",
        "CUBLAS_",
        "NVIDIA_",
        "KERAS_",
        "LD_",
    )
    environment = {name: value for name, value in os.environ.items() if name.startswith(steering)}
    everything = {**facts, "code": code, "steering": environment, "python": sys.version, "numpy": np.__version__}
    return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()


def save(path: Path, state: State) -> None:
    """Write `state` whole or not at all."""
    notes = np.frombuffer(json.dumps(state.notes).encode(), np.uint8)
    files.write_arrays(path, {**state.arrays, NOTES: notes})


def load(path: Path, expected: Mapping[str, np.ndarray]) -> State | None:
    """Return the state in `path`, or None, saying why, if there is none with the names, shapes and types `expected`."""
    others = [other for other in path.parent.glob("*.npz") if other != path]
    if not path.exists():
        if others:
            print(f"{others[0]} is of other parameters, data, code or software: {IGNORED}")
        return None
    try:
        arrays = files.read_arrays(path)
        notes = json.loads(arrays.pop(NOTES).tobytes())
    except (Problem, KeyError, ValueError) as problem:
        print(f"{path} cannot be read ({problem}): {IGNORED}")
        return None
    if _layout(arrays) != _layout(expected):
        print(f"{path} does not hold what this training needs: {IGNORED}")
        return None
    return State(arrays, notes)


def _layout(arrays: Mapping[str, np.ndarray]) -> dict[str, tuple[tuple[int, ...], str]]:
    return {name: (array.shape, str(array.dtype)) for name, array in arrays.items()}


def remove(checkpoint: Path) -> None:
    """Remove the checkpoint of a training that is done, and what lies untouched beside it: nobody comes for it.

    Where DSCNN_DONE is set, the checkpoint's name goes to that file instead: who set it removes the checkpoint once
    DVC has the outputs, so that a kill until then costs no second training.
    """
    later = os.environ.get("DSCNN_DONE")
    if later:
        files.write_text(Path(later), str(checkpoint.absolute()))
    for other in [*checkpoint.parent.iterdir()]:
        done = other == checkpoint and not later
        with suppress(FileNotFoundError):  # another training of this arm renames and removes its own meanwhile
            if done or time.time() - other.stat().st_mtime > UNTOUCHED:
                other.unlink()


class Checkpoint(keras.callbacks.Callback):
    """Saves after an epoch all that another process needs to resume; comes after `History`."""

    SHARE = 0.02  # of the time since the last saving, at most, is spent on one

    def __init__(self, trained: keras.Model, path: Path, history: History, clock: Clock) -> None:
        """Take the compiled network that is trained, and what is saved along with it."""
        super().__init__()
        self.trained, self.path, self.history, self.clock = trained, path, history, clock
        self.saved_epoch = 0
        self._saved, self._saving = time.perf_counter(), 0.0

    def restore(self) -> None:
        """Go on from the checkpoint that an earlier process left, if there is one; the optimizer is built."""
        variables = self._variables()
        kept = {f"kept/{variable.path}": variable.numpy() for variable in self.trained.weights}
        state = load(self.path, {name: variable.numpy() for name, variable in variables.items()} | kept)
        if state is None:
            return
        for name, variable in variables.items():
            variable.assign(state.arrays[name])
        history = self.history
        history.weights = {variable.path: state.arrays[f"kept/{variable.path}"] for variable in self.trained.weights}
        history.epochs = state.notes["history"]
        self.saved_epoch = len(history.epochs)
        self.clock.restore(state.notes["clock"])
        print(f"resumes after epoch {self.saved_epoch}, from {self.path}", flush=True)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        start = time.perf_counter()
        if self._saving > self.SHARE * (start - self._saved) and not self.history.done:
            return
        arrays = {name: variable.numpy() for name, variable in self._variables().items()}
        arrays |= {f"kept/{name}": value for name, value in self.history.weights.items()}
        save(self.path, State(arrays, {"history": self.history.epochs, "clock": self.clock.state()}))
        self.saved_epoch = len(self.history.epochs)
        self._saved = time.perf_counter()
        self._saving = self._saved - start

    def _variables(self) -> dict[str, keras.Variable]:
        """Return all that changes from step to step: weights, seeds of dropout, and the optimizer's."""
        model = {f"model/{variable.path}": variable for variable in self.trained.variables}
        return model | {f"optimizer/{variable.path}": variable for variable in self.trained.optimizer.variables}
