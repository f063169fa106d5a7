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


@pytest.mark.parametrize("module", ["params", "fetch", "prepare", "logbook", "compare", "report", "plots_page"])
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


def test_provenance_names_what_decides_bits_and_speed(settings: params.Params) -> None:
    """No clock and no host name: two runs on one machine have the same."""
    first, second = (device.provenance(settings.train) for _ in range(2))
    assert first == second
    assert first["threads"] == 1
    assert first["precision"] == "float32"
    assert (first["tensorflow"], first["keras"]) == (tf.__version__, keras.__version__)
    assert first["processor"]
