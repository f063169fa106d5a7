"""TensorFlow, imported quietly and quickly, and the device it computes on.

Every module that needs TensorFlow or Keras takes it from here.
"""

import gc
import os
import platform
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Literal, Protocol, cast

from dscnn.core import processor
from dscnn.core.quiet import held_back
from dscnn.core.stage import Problem

__all__ = ["MACHINE", "Compute", "configure", "keras", "plain_errors", "precision", "provenance", "tf",
           "threads", "without_gpu"]  # fmt: skip

MACHINE = Path("data/machine.json")  # the provenance of this machine, written by stage machine


class Compute(Protocol):
    """The section `compute` of params.yaml."""

    @property
    def device(self) -> Literal["auto", "cpu", "gpu"]: ...
    @property
    def precision(self) -> Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]: ...
    @property
    def threads(self) -> Literal["auto"] | int: ...
    @property
    def data_format(self) -> Literal["channels_last", "channels_first"]: ...


@contextmanager
def _lean() -> Iterator[None]:
    """Import without packages that Keras takes when they are installed, and without looking for garbage meanwhile.

    scikit-learn, SciPy, pandas and pyplot, for features not used here, are almost half of its start-up time (7.5 s
    against 4.2 s, 2 cores). Python's garbage collector would go through all that has been imported, again and again;
    what has been imported stays, so that it does not look there later either.
    """
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    absent = [name for name in ("sklearn", "scipy", "pandas", "matplotlib") if name not in sys.modules]
    for name in absent:
        modules[name] = None  # Python's own mark for "not to be imported"
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
        for name in absent:
            del sys.modules[name]


# errors reach Python as exceptions; what native libraries log beside them is about what a processor lacks
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"
# oneDNN's kernels on every x86 processor. By itself TensorFlow takes them where there is AVX-512's VNNI or more, and
# with AVX2 alone its own, with which a training step takes 1.1 to 1.7 times as long (docs/performance.md)
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# TensorFlow greets on standard error before any log level counts, and at the first look for a GPU
with held_back(2), _lean():
    import keras
    import tensorflow as tf

    _GPUS = tf.config.list_physical_devices("GPU")


def configure(compute: Compute) -> None:
    """Set threads, device, memory growth, precision, data format and determinism for this process.

    To be called once, before anything is computed. Raises `Problem` when `compute.device` is "gpu" and
    TensorFlow sees none.
    """
    if compute.device == "gpu" and not _GPUS:
        raise Problem(
            "compute.device: gpu, but TensorFlow sees no GPU. 'make repro GPU=1' installs its CUDA libraries,"
            " 'nvidia-smi' shows whether the driver works; auto or cpu run without one"
        )
    tf.config.threading.set_intra_op_parallelism_threads(threads(compute))
    tf.config.threading.set_inter_op_parallelism_threads(threads(compute))
    if compute.device == "cpu":
        tf.config.set_visible_devices([], "GPU")
    for gpu in tf.config.get_visible_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    tf.config.experimental.enable_op_determinism()
    keras.config.set_dtype_policy(precision(compute))
    keras.config.set_image_data_format(compute.data_format)
    # what KERAS_ variables and ~/.keras/keras.json may have set
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)


def without_gpu() -> None:
    """Set up this process for work that needs no device: counting and converting, in float32 and channels last."""
    tf.config.set_visible_devices([], "GPU")
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("float32")


def threads(compute: Compute) -> int:
    """Return `compute.threads`; `auto` is the number of processors that this process may use.

    The last bits of the weights depend on it. So where an arm shares a machine with others, or runs on another one,
    what `auto` is there is said by the head, in DSCNN_THREADS; likewise DSCNN_PRECISION (`dscnn.cluster`).
    """
    return int(os.environ.get("DSCNN_THREADS") or processor.cores()) if compute.threads == "auto" else compute.threads


def precision(compute: Compute) -> str:
    """Return `compute.precision`; `auto` is the fastest that the device found multiplies in hardware.

    On a CPU that is bfloat16 if convolutions are faster in it (`processor.fast_bfloat16`). On a GPU, bfloat16 from
    compute capability 8.0 on, float16 from 7.0 on. Where the kind of processor cannot be told, float32.
    """
    if compute.precision != "auto":
        return compute.precision
    if said := os.environ.get("DSCNN_PRECISION"):
        return said
    gpus = tf.config.get_visible_devices("GPU")
    if gpus:
        details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
        capability = min(each.get("compute_capability", (0, 0)) for each in details)
        return "mixed_bfloat16" if capability >= (8, 0) else "mixed_float16" if capability >= (7, 0) else "float32"
    return "mixed_bfloat16" if processor.fast_bfloat16() else "float32"


@contextmanager
def plain_errors(remedy: str) -> Iterator[None]:
    """Turn TensorFlow's long message of what the device lacks into one line: memory, with the `remedy`, or a layout.

    On a processor TensorFlow has convolutions with channels first only from oneDNN, which it uses on some.
    """
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        first = str(error.message).strip().splitlines()[0]
        raise Problem(f"the device has too little memory ({first}): {remedy}, or narrow the network (widths)") from None
    except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError) as error:
        if "NHWC" not in str(error.message):
            raise
        raise Problem(
            "compute.data_format: channels_first, but TensorFlow cannot compute so on this processor in this"
            " precision: take channels_last"
        ) from None


def provenance(compute: Compute) -> dict[str, object]:
    """Return what decides the last bits and the speed of a run: device, processor, threads, precision, versions."""
    gpus = tf.config.get_visible_devices("GPU")
    details = tf.config.experimental.get_device_details(gpus[0]) if gpus else {}
    build = tf.sysconfig.get_build_info()
    return {
        "device": str(details.get("device_name", "gpu")) if gpus else "cpu",
        "threads": threads(compute),
        "precision": precision(compute),
        "data_format": compute.data_format,
        **installation(),
        "cuda": build.get("cuda_version") if gpus else None,
        "cudnn": build.get("cudnn_version") if gpus else None,
        "driver": _driver() if gpus else None,
    }


def installation() -> dict[str, object]:
    """Return what of the provenance no parameter decides, and a GPU's software is no part of."""
    return {
        "processor": processor.name(),
        "platform": f"{platform.system()} {platform.machine()}",
        "python": ".".join(platform.python_version_tuple()[:2]),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }


def _driver() -> str | None:
    """Return the version of NVIDIA's driver."""
    path = Path("/proc/driver/nvidia/version")
    found = re.search(r"\b\d+\.\d+(\.\d+)?\b", path.read_text()) if path.exists() else None
    return found[0] if found else None
