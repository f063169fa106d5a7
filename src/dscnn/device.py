"""TensorFlow, imported quietly and quickly, and the device it computes on.

Every module that needs TensorFlow or Keras takes it from here.
"""

import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import cast

from dscnn import params
from dscnn.stage import Problem

__all__ = [
    "configure",
    "cpuinfo",
    "held_back",
    "keras",
    "memory_named",
    "precision",
    "processor",
    "provenance",
    "tf",
    "threads",
]


@contextmanager
def held_back(stream: int) -> Iterator[None]:
    """Hold back what is written to file descriptor `stream` (1 or 2), by C++ too; show it if the block fails."""
    for file in (sys.stdout, sys.stderr):
        file.flush()
    real = os.dup(stream)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), stream)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(real, held.read())
            raise
        finally:
            for file in (sys.stdout, sys.stderr):
                file.flush()
            os.dup2(real, stream)
            os.close(real)


@contextmanager
def _lean() -> Iterator[None]:
    """Import without packages that Keras takes when they are installed, for features not used here.

    scikit-learn, SciPy, pandas and pyplot are almost half of its start-up time (7.5 s against 4.2 s, 2 cores).
    """
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    absent = [name for name in ("sklearn", "scipy", "pandas", "matplotlib") if name not in sys.modules]
    for name in absent:
        modules[name] = None  # Python's own mark for "not to be imported"
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"
# TensorFlow greets on standard error before any log level counts, and at the first look for a GPU
with held_back(2), _lean():
    import keras
    import tensorflow as tf

    _GPUS = tf.config.list_physical_devices("GPU")


def configure(train: params.Train) -> None:
    """Set threads, device, memory growth, precision, data format and determinism for this process.

    To be called once, before anything is computed. Raises `Problem` when `train.device` is "gpu" and
    TensorFlow sees none.
    """
    if train.device == "gpu" and not _GPUS:
        raise Problem(
            "train.device: gpu, but TensorFlow sees none; 'make repro GPU=1' installs its CUDA libraries"
            " ('nvidia-smi' shows whether the driver works), or use auto or cpu"
        )
    tf.config.threading.set_intra_op_parallelism_threads(threads(train))
    tf.config.threading.set_inter_op_parallelism_threads(threads(train))
    if train.device == "cpu":
        tf.config.set_visible_devices([], "GPU")
    for gpu in tf.config.get_visible_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    tf.config.experimental.enable_op_determinism()
    keras.config.set_dtype_policy(precision(train))
    keras.config.set_image_data_format(train.data_format)
    # what KERAS_ variables and ~/.keras/keras.json may have set
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)


def threads(train: params.Train) -> int:
    """Return `train.threads`; `auto` is the number of processors that this process may use."""
    if train.threads != "auto":
        return train.threads
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def precision(train: params.Train) -> str:
    """Return `train.precision`; `auto` is the fastest that the device found multiplies in hardware.

    On a CPU that is bfloat16 if there is a matrix unit for it (AMX): with AVX-512's bfloat16 alone, convolutions
    were slower than in float32 (docs/performance.md). On a GPU, bfloat16 from compute capability 8.0 on, float16
    from 7.0 on. Where the kind of processor cannot be told, float32.
    """
    if train.precision != "auto":
        return train.precision
    gpus = tf.config.get_visible_devices("GPU")
    if gpus:
        details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
        capability = min(each.get("compute_capability", (0, 0)) for each in details)
        return "mixed_bfloat16" if capability >= (8, 0) else "mixed_float16" if capability >= (7, 0) else "float32"
    return "mixed_bfloat16" if "amx_bf16" in cpuinfo("flags").split() else "float32"


@contextmanager
def memory_named(remedy: str) -> Iterator[None]:
    """Turn TensorFlow's long word for too little memory on the device into one line with the `remedy`."""
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        first = str(error.message).strip().splitlines()[0]
        raise Problem(f"the device has too little memory ({first}): {remedy}, or narrow the network (widths)") from None


def provenance(train: params.Train) -> dict[str, object]:
    """Return what decides the last bits and the speed of a run: device, processor, threads, precision, versions."""
    gpus = tf.config.get_visible_devices("GPU")
    details = tf.config.experimental.get_device_details(gpus[0]) if gpus else {}
    build = tf.sysconfig.get_build_info()
    return {
        "device": str(details.get("device_name", "gpu")) if gpus else "cpu",
        "processor": processor(),
        "threads": threads(train),
        "precision": precision(train),
        "data_format": train.data_format,
        "platform": f"{platform.system()} {platform.machine()}",
        "python": ".".join(platform.python_version_tuple()[:2]),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "cuda": build.get("cuda_version") if gpus else None,
        "cudnn": build.get("cudnn_version") if gpus else None,
        "driver": _driver() if gpus else None,
    }


def processor() -> str:
    """Return the processor's name as the operating system gives it."""
    if sys.platform == "darwin":
        words = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    return cpuinfo("model name") or platform.machine()


def cpuinfo(key: str) -> str:
    """Return what Linux says of its first processor under `key`, or nothing."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.partition("\t")[0].strip() == key), "")


def _driver() -> str | None:
    """Return the version of NVIDIA's driver."""
    path = Path("/proc/driver/nvidia/version")
    found = re.search(r"\b\d+\.\d+(\.\d+)?\b", path.read_text()) if path.exists() else None
    return found[0] if found else None
