import signal
from pathlib import Path
from typing import Any

import pytest

import tiny
from dscnn.core import device, processor
from dscnn.core.device import keras, tf
from dscnn.core.stage import Problem
from dscnn.experiment.params import Params
from tiny import python


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No head says what `auto` is."""
    for name in ("DSCNN_THREADS", "DSCNN_PRECISION"):
        monkeypatch.delenv(name, raising=False)


def test_a_fatal_error_of_tensorflow_is_shown() -> None:
    """The log level that hides its other messages lets this one through; a shape of 300 axes is fatal in C++."""
    done = python(
        "import ctypes, pathlib\nfrom dscnn.core.device import tf\n"
        "library = ctypes.CDLL(str(next(pathlib.Path(tf.__file__).parent.glob('libtensorflow_cc.*'))))\n"
        "library.TF_AllocateTensor(1, (ctypes.c_int64 * 300)(*[1] * 300), 300, ctypes.c_size_t(4))"
    )
    assert done.returncode == -signal.SIGABRT
    assert "Too many dimensions in tensor" in done.stderr


def test_stages_and_tools_that_do_not_compute_never_import_tensorflow() -> None:
    """Without it each starts in a second or two."""
    stages = ("params", "fetch", "pack", "prepare", "manifest", "compare", "report")
    tools = ("bench", "bench_worker", "entry", "merge_lock", "plots_page", "preset", "prune", "record", "repro", "runs")
    tools += ("share", "unfinished")
    modules = [f"dscnn.stages.{name}" for name in stages] + [f"dscnn.tools.{name}" for name in tools]
    done = python(
        "import importlib, sys\n"
        f"for name in {modules}:\n"
        "    importlib.import_module(name)\n"
        "    assert not {'tensorflow', 'keras'} & set(sys.modules), name"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_gpu_that_is_not_there_is_a_problem(settings: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    """The GPU was asked for by name, so the CPU is no answer; the line says what to do."""
    monkeypatch.setattr(device, "_GPUS", [])
    with pytest.raises(Problem, match=r"compute\.device: gpu, but TensorFlow sees .*'make repro GPU=1'"):
        device.configure(settings.compute.model_copy(update={"device": "gpu"}))


def test_a_process_is_quiet_and_configured_as_params_yaml_says(folder: Path, source: dict[str, Any]) -> None:
    """Python's garbage collector, and packages that Keras's import went without, are there afterwards."""
    source["compute"] |= {"threads": 3, "precision": "mixed_bfloat16", "data_format": "channels_first"}
    tiny.write_yaml(folder / "params.yaml", source)
    done = python(
        "import gc, sys\nfrom dscnn.core import device\n"
        "print(gc.get_stats()[2]['collections'], gc.isenabled(), gc.get_freeze_count() > 100_000)\n"
        "from dscnn.experiment import params\n"
        "assert 'sklearn' not in sys.modules\nimport pandas\nprint(pandas.NA)\n"
        "device.configure(params.load().compute)\n"
        "from tensorflow.python.framework.config import is_op_determinism_enabled\n"
        "threading, config = device.tf.config.threading, device.keras.config\n"
        "print(threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads(),"
        " is_op_determinism_enabled())\n"
        "print(config.dtype_policy().name, config.image_data_format())\n"
        "device.without_gpu()\n"
        "print(config.dtype_policy().name, config.image_data_format())"
    )
    collected, *configured = done.stdout.splitlines()
    assert collected == "0 True True"  # collections of all that is there
    assert configured == ["<NA>", "3 3 True", "mixed_bfloat16 channels_first", "float32 channels_last"]
    assert (done.stderr, done.returncode) == ("", 0)


@pytest.mark.parametrize(
    ("vendor", "flags", "chosen"),
    [
        ("GenuineIntel", "fpu avx512_bf16 amx_bf16 amx_tile", "mixed_bfloat16"),
        ("GenuineIntel", "fpu avx512_bf16", "float32"),
        ("AuthenticAMD", "fpu avx512_bf16", "mixed_bfloat16"),
        ("AuthenticAMD", "fpu avx512f avx2", "float32"),
        ("", "", "float32"),
    ],
)
def test_auto_takes_the_precision_that_the_processor_multiplies_fast(
    settings: Params, monkeypatch: pytest.MonkeyPatch, vendor: str, flags: str, chosen: str
) -> None:
    """That is bfloat16 with a matrix unit for it, or on an AMD with AVX-512's; a precision that is named is taken."""
    monkeypatch.setattr(processor, "cpuinfo", {"vendor_id": vendor, "flags": flags}.__getitem__)
    assert device.precision(settings.compute.model_copy(update={"precision": "auto"})) == chosen
    assert device.precision(settings.compute) == "float32"


@pytest.mark.parametrize(
    ("capability", "chosen"),
    [
        ((9, 0), "mixed_bfloat16"),
        ((8, 0), "mixed_bfloat16"),
        ((7, 5), "mixed_float16"),
        ((7, 0), "mixed_float16"),
        ((6, 1), "float32"),
        (None, "float32"),
    ],
)
@pytest.mark.parametrize("order", [("weak", "strong"), ("strong", "weak")])
def test_auto_on_a_gpu_goes_by_its_compute_capability(
    settings: Params,
    monkeypatch: pytest.MonkeyPatch,
    order: tuple[str, str],
    capability: tuple[int, int] | None,
    chosen: str,
) -> None:
    """The weakest counts, if there are several; one of a kind that cannot be told is the weakest."""
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: {"GPU": order}[kind])
    details = {"weak": {"compute_capability": capability} if capability else {}}
    details["strong"] = {"compute_capability": (10, 0)}
    monkeypatch.setattr(tf.config.experimental, "get_device_details", details.__getitem__)
    assert device.precision(settings.compute.model_copy(update={"precision": "auto"})) == chosen


@pytest.mark.parametrize(("wanted", "grown"), [("auto", ["one", "two"]), ("gpu", ["one", "two"]), ("cpu", [])])
def test_each_gpu_takes_memory_as_it_needs_it(
    settings: Params, monkeypatch: pytest.MonkeyPatch, wanted: str, grown: list[str]
) -> None:
    """TensorFlow would take all of it, and leave none to the next process; on the CPU no GPU is seen at all."""
    visible, growing = ["one", "two"], {}

    def show(devices: list[str], kind: str) -> None:
        assert kind == "GPU"
        visible[:] = devices

    monkeypatch.setattr(device, "_GPUS", [*visible])
    monkeypatch.setattr(tf.config, "set_visible_devices", show)
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: {"GPU": visible}[kind])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", growing.__setitem__)
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: None)
    for name in ("set_intra_op_parallelism_threads", "set_inter_op_parallelism_threads"):
        monkeypatch.setattr(tf.config.threading, name, lambda threads: None)  # TensorFlow has computed here
    device.configure(settings.compute.model_copy(update={"device": wanted}))
    assert growing == dict.fromkeys(grown, True)
    assert visible == grown


def test_auto_threads_are_the_processors_this_process_may_use(
    settings: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number that is given is taken."""
    monkeypatch.setattr(processor, "cores", lambda: 5)
    assert device.threads(settings.compute.model_copy(update={"threads": "auto"})) == 5
    assert device.threads(settings.compute) == 1


def test_auto_is_what_the_head_says(settings: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has; a setting that is no auto stays."""
    monkeypatch.setattr(processor, "cores", lambda: 5)
    monkeypatch.setattr(processor, "fast_bfloat16", lambda: True)
    monkeypatch.setenv("DSCNN_THREADS", "7")
    monkeypatch.setenv("DSCNN_PRECISION", "mixed_float16")
    auto = settings.compute.model_copy(update={"precision": "auto", "threads": "auto"})
    assert (device.precision(auto), device.threads(auto)) == ("mixed_float16", 7)
    assert (device.precision(settings.compute), device.threads(settings.compute)) == ("float32", 1)


def raised(error: Exception) -> None:
    with device.plain_errors("lower x"):
        raise error


def test_too_little_memory_names_the_setting() -> None:
    """It is one line of TensorFlow's many; other errors pass."""
    long = "OOM when allocating tensor with shape[256,32,32,512]\n\n\tmore\n"
    words = r"too little memory \(OOM when .*512\]\): lower x, or narrow the network \(widths\)"
    with pytest.raises(Problem, match=words):
        raised(tf.errors.ResourceExhaustedError(None, None, long))
    with pytest.raises(ValueError, match="another"):
        raised(ValueError("another"))


@pytest.mark.parametrize("error", [tf.errors.InvalidArgumentError, tf.errors.UnimplementedError])
def test_a_layout_that_the_processor_lacks_names_the_setting(error: type[tf.errors.OpError]) -> None:
    """Another error of that class passes."""
    with pytest.raises(Problem, match=r"compute\.data_format: channels_first, .* take channels_last"):
        raised(error(None, None, "Conv2DCustomBackpropFilterOp only supports NHWC.\n\t [[{{node gradient}}]]"))
    with pytest.raises(error, match="shapes"):
        raised(error(None, None, "shapes differ"))


def test_the_driver_is_named_by_its_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The version stands in NVIDIA's line; without a driver there is none."""
    path = tmp_path / "version"
    monkeypatch.setattr(device, "Path", lambda _: path)
    assert device._driver() is None
    path.write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\n")
    assert device._driver() == "550.54.15"


def test_provenance_names_the_gpu_and_its_libraries(settings: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one, as training takes it; one that does not tell its name is a GPU at least."""
    details = {"first": {"device_name": "NVIDIA H200"}, "second": {"device_name": "another"}}
    built = {"cuda_version": "12.5.1", "cudnn_version": "9", "is_cuda_build": True}
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: {"GPU": [*details]}[kind])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", details.__getitem__)
    monkeypatch.setattr(tf.sysconfig, "get_build_info", lambda: built)
    monkeypatch.setattr(device, "_driver", lambda: "550.54.15")
    found = device.provenance(settings.compute)
    assert {name: found[name] for name in ("device", "cuda", "cudnn", "driver")} == {
        "device": "NVIDIA H200", "cuda": "12.5.1", "cudnn": "9", "driver": "550.54.15"
    }  # fmt: skip
    details["first"] = {}
    assert device.provenance(settings.compute)["device"] == "gpu"


def test_provenance_of_a_cpu_names_no_gpu(settings: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though TensorFlow is built for one and a driver is there, so that another driver trains nothing again."""
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: {"GPU": []}[kind])
    monkeypatch.setattr(tf.sysconfig, "get_build_info", lambda: {"cuda_version": "12.5.1", "cudnn_version": "9"})
    monkeypatch.setattr(device, "_driver", lambda: "550.54.15")
    found = device.provenance(settings.compute)
    assert [found[name] for name in ("device", "cuda", "cudnn", "driver")] == ["cpu", None, None, None]


def test_provenance_names_what_decides_bits_and_speed(settings: Params) -> None:
    """It has no clock and no host name: two runs on one machine have the same."""
    first, second = (device.provenance(settings.compute) for _ in range(2))
    assert first == second
    assert set(first) == {
        "device", "threads", "precision", "data_format", "processor", "platform", "python", "tensorflow", "keras",
        "cuda", "cudnn", "driver",
    }  # fmt: skip
    assert first["threads"] == 1
    assert first["precision"] == "float32"
    assert (first["tensorflow"], first["keras"]) == (tf.__version__, keras.__version__)
    assert first["processor"]
