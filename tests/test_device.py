import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import PROJECT
from dscnn import device, params
from dscnn.device import keras, tf
from dscnn.stage import Problem


def python(code: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(PROJECT / "src"), "PATH": ""}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)


def test_the_import_says_nothing_and_leaves_no_mark() -> None:
    """No greeting on either stream; packages kept out of Keras's import can be imported afterwards."""
    done = python("import sys, dscnn.device; assert 'sklearn' not in sys.modules; import pandas; print(pandas.NA)")
    assert (done.stdout, done.stderr, done.returncode) == ("<NA>\n", "", 0)


def test_what_is_held_back_is_shown_when_it_matters() -> None:
    """A failing block keeps its words, also those of C++ code."""
    block = "import os\nfrom dscnn.device import held_back\nwith held_back(2):\n    os.write(2, b'the cause ')\n"
    assert python(block).stderr == ""
    assert python(block + "    raise SystemExit('the end')").stderr == "the cause the end\n"


@pytest.mark.parametrize(
    "module", ["params", "fetch", "prepare", "logbook", "compare", "report", "plots_page", "resume"]
)
def test_stages_that_do_not_train_never_import_tensorflow(module: str) -> None:
    """Nor Keras: each starts in well under a second."""
    done = python(f"import sys, dscnn.{module}; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_gpu_that_is_not_there_is_a_problem(settings: params.Params, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for by name, so the CPU is no answer; the line says what to do."""
    monkeypatch.setattr(device, "_GPUS", [])
    with pytest.raises(Problem, match=r"train\.device: gpu, but TensorFlow sees none; 'make repro GPU=1'"):
        device.configure(settings.train.model_copy(update={"device": "gpu"}))


def test_a_process_is_configured_as_params_yaml_says(folder: Path, source: dict[str, Any]) -> None:
    """Threads, precision, data format, and operations that repeat to the last bit."""
    source["train"] |= {"threads": 3, "precision": "mixed_bfloat16", "data_format": "channels_first"}
    (folder / "params.yaml").write_text(yaml.safe_dump(source))
    done = python(
        "from dscnn import device, params; device.configure(params.load().train)\n"
        "from tensorflow.python.framework.config import is_op_determinism_enabled\n"
        "threading = device.tf.config.threading\n"
        "print(threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads(),"
        " device.keras.config.dtype_policy().name, device.keras.config.image_data_format(),"
        " is_op_determinism_enabled())"
    )
    assert (done.stdout, done.stderr) == ("3 3 mixed_bfloat16 channels_first True\n", "")


@pytest.mark.parametrize(
    ("flags", "chosen"),
    [("fpu avx512_bf16 amx_bf16 amx_tile", "mixed_bfloat16"), ("fpu avx512_bf16", "float32"), ("", "float32")],
)
def test_auto_takes_the_precision_that_the_processor_multiplies_fast(
    settings: params.Params, monkeypatch: pytest.MonkeyPatch, flags: str, chosen: str
) -> None:
    """Bfloat16 with a matrix unit for it only; a setting is a setting."""
    monkeypatch.setattr(device, "cpuinfo", lambda key: {"flags": flags}[key])
    auto = settings.train.model_copy(update={"precision": "auto"})
    assert device.precision(auto) == chosen
    assert device.precision(settings.train) == "float32"


@pytest.mark.parametrize(
    ("capability", "chosen"), [((9, 0), "mixed_bfloat16"), ((7, 5), "mixed_float16"), ((6, 1), "float32")]
)
def test_auto_on_a_gpu_goes_by_its_compute_capability(
    settings: params.Params, monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], chosen: str
) -> None:
    """Of the weakest, if there are several."""
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: ["weak", "strong"])
    capabilities = {"weak": capability, "strong": (10, 0)}
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda gpu: {"compute_capability": capabilities[gpu]}
    )
    assert device.precision(settings.train.model_copy(update={"precision": "auto"})) == chosen


def test_auto_threads_are_the_processors_this_process_may_use(
    settings: params.Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fewer than the machine has, if the process is held to some."""
    auto = settings.train.model_copy(update={"threads": "auto"})
    monkeypatch.setattr(device.os, "sched_getaffinity", lambda _: {0, 2, 5}, raising=False)
    assert device.threads(auto) == 3
    monkeypatch.delattr(device.os, "sched_getaffinity")
    monkeypatch.setattr(device.os, "cpu_count", lambda: 7)
    assert device.threads(auto) == 7
    assert device.threads(settings.train) == 1


def test_too_little_memory_names_the_setting() -> None:
    """One line of TensorFlow's many; other errors pass."""
    long = "OOM when allocating tensor with shape[256,32,32,512]\n\n\tmore\n"
    words = r"too little memory \(OOM when .*512\]\): lower x, or narrow the network \(widths\)"
    with pytest.raises(Problem, match=words), device.memory_named("lower x"):
        raise tf.errors.ResourceExhaustedError(None, None, long)
    with pytest.raises(ValueError, match="another"), device.memory_named("lower x"):
        raise ValueError("another")


def test_what_linux_says_of_a_processor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first one's; nothing where there is no such file or key."""
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nmodel name\t: A fast one\nflags\t\t: fpu amx_bf16\n\nmodel name\t: Another\n")
    monkeypatch.setattr(device, "Path", lambda _: path)
    assert (device.cpuinfo("model name"), device.cpuinfo("flags")) == ("A fast one", "fpu amx_bf16")
    assert device.cpuinfo("stepping") == ""
    path.unlink()
    assert device.cpuinfo("flags") == ""


def test_the_driver_by_its_own_word(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The version in NVIDIA's line; None without a driver."""
    path = tmp_path / "version"
    monkeypatch.setattr(device, "Path", lambda _: path)
    assert device._driver() is None
    path.write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\n")
    assert device._driver() == "550.54.15"


def test_provenance_names_what_decides_bits_and_speed(settings: params.Params) -> None:
    """No clock and no host name: two runs on one machine have the same."""
    first, second = (device.provenance(settings.train) for _ in range(2))
    assert first == second
    assert first["threads"] == 1
    assert first["precision"] == "float32"
    assert (first["tensorflow"], first["keras"]) == (tf.__version__, keras.__version__)
    assert first["processor"]
