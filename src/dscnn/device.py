"""TensorFlow, imported quietly and quickly, and the device it computes on.

Every module that needs TensorFlow or Keras takes it from here.
"""

import os
import platform
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

__all__ = ["configure", "held_back", "keras", "processor", "provenance", "tf"]


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
    tf.config.threading.set_intra_op_parallelism_threads(train.threads)
    tf.config.threading.set_inter_op_parallelism_threads(train.threads)
    if train.device == "cpu":
        tf.config.set_visible_devices([], "GPU")
    for gpu in tf.config.get_visible_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    tf.config.experimental.enable_op_determinism()
    keras.config.set_dtype_policy(train.precision)
    keras.config.set_image_data_format(train.data_format)


def provenance(train: params.Train) -> dict[str, object]:
    """Return what decides the last bits and the speed of a run: device, processor, threads, precision, versions."""
    gpus = tf.config.get_visible_devices("GPU")
    details = tf.config.experimental.get_device_details(gpus[0]) if gpus else {}
    build = tf.sysconfig.get_build_info()
    return {
        "device": str(details.get("device_name", "gpu")) if gpus else "cpu",
        "processor": processor(),
        "processor_count": os.cpu_count(),
        "threads": train.threads,
        "precision": train.precision,
        "data_format": train.data_format,
        "platform": f"{platform.system()} {platform.machine()}",
        "python": ".".join(platform.python_version_tuple()[:2]),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "cuda": build.get("cuda_version") if gpus else None,
        "cudnn": build.get("cudnn_version") if gpus else None,
    }


def processor() -> str:
    """Return the processor's name as the operating system gives it."""
    if sys.platform == "darwin":
        words = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
