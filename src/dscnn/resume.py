"""Where a training stands, kept after an epoch until the arm is done: a kill costs what came after it.

The file is named by a hash of everything that decides the arm's last bits: parameters, data, code, software,
processor. So a training never goes on from the state of another one.
"""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from filelock import FileLock, Timeout

from dscnn import files
from dscnn.stage import Problem

NOTES = "notes"


class State(NamedTuple):
    """What a training needs to go on: variables by name, and what it says of itself, as JSON."""

    arrays: dict[str, np.ndarray]
    notes: dict[str, Any]


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


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the lock of the arm whose states lie in `folder`; the system frees it with the process.

    Raises `Problem` if another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f"{folder.name}.lock")
    try:
        with FileLock(lock, timeout=0):
            yield
    except Timeout:
        raise Problem(f"another process is training this arm ({lock} is held): wait for it, or stop it") from None


def save(path: Path, state: State) -> None:
    """Write `state` whole or not at all."""
    notes = np.frombuffer(json.dumps(state.notes).encode(), np.uint8)
    files.write_arrays(path, {**state.arrays, NOTES: notes})


def load(path: Path, expected: Mapping[str, np.ndarray]) -> State | None:
    """Return the state in `path`, or None, saying why, if there is none with the names, shapes and types `expected`."""
    others = [other for other in path.parent.glob("*.npz") if other != path]
    if not path.exists():
        if others:
            print(f"{others[0]} is of other parameters, data, code or software: not used, training starts anew")
        return None
    try:
        arrays = files.read_arrays(path)
        notes = json.loads(arrays.pop(NOTES).tobytes())
    except (Problem, KeyError, ValueError) as problem:
        print(f"{path} cannot be read ({problem}): not used, training starts anew")
        return None
    if _layout(arrays) != _layout(expected):
        print(f"{path} does not hold what this training needs: not used, training starts anew")
        return None
    return State(arrays, notes)


def _layout(arrays: Mapping[str, np.ndarray]) -> dict[str, tuple[tuple[int, ...], str]]:
    return {name: (array.shape, str(array.dtype)) for name, array in arrays.items()}


def forget(folder: Path) -> None:
    """Remove all states of an arm that is done."""
    shutil.rmtree(folder, ignore_errors=True)
