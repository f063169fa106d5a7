import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tiny
from dscnn.core import processor
from dscnn.core.device import keras
from dscnn.core.stage import Problem
from dscnn.experiment import params
from dscnn.tools import bench, bench_worker
from tiny import python


def test_the_images_are_the_same_each_time() -> None:
    """All classes come equally often."""
    (images, labels), (again, _) = bench_worker.data(40), bench_worker.data(40)
    np.testing.assert_array_equal(images, again)
    assert images.shape == (40, 32, 32, 3)
    assert np.bincount(labels).tolist() == [4] * 10


def test_a_way_that_is_described_can_be_trained() -> None:
    """The two files of the bench name the same ways; test_bench.py trains those that need no PyTorch."""
    assert list(bench.WAYS) == list(bench_worker.WAYS)


@pytest.mark.parametrize(
    ("flags", "has"),
    [("fpu avx512_bf16", True), ("amx_bf16 amx_tile", True), ("avx512f bf16", False), ("", False)],
)
def test_bfloat16_is_timed_where_the_processor_has_it(monkeypatch: pytest.MonkeyPatch, flags: str, has: bool) -> None:
    """With AVX-512's instructions for it, or a matrix unit."""
    monkeypatch.setattr(processor, "flags", flags.split)
    assert bench_worker.bfloat16() is has


def test_the_untuned_way_trains_without_tf_datas_tuning(monkeypatch: pytest.MonkeyPatch) -> None:
    """All else is as in the plain way."""
    tuned: list[bool] = []
    monkeypatch.setattr(keras.Model, "fit", lambda self, batches, **_: tuned.append(batches.options().autotune.enabled))
    settings = params.load(tiny.PROJECT / bench.PRESET)
    for way in bench.BASES:
        epochs, _ = bench_worker.WAYS[way](settings, "0.01", 256)
        epochs["SeparableConv"]()
    assert tuned == [True, False]


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for PyTorch: each of its layers is its name and what it was given."""

    def layer(name: str) -> Any:
        return lambda *given, **named: (name, *given, *named.values())

    names = ("Conv2d", "ReLU", "Dropout", "MaxPool2d", "BatchNorm2d", "Flatten", "Linear")
    nn = SimpleNamespace(Sequential=lambda *layers: [*layers], **{name: layer(name) for name in names})
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(nn=nn))


@pytest.mark.usefixtures("torch")
def test_pytorchs_network_is_that_of_the_settings(settings: params.Params) -> None:
    """By hand: two blocks, so 8 x 8 positions are left of 32 x 32, and the width halves the filters."""
    network = settings.network.model_copy(update={"filters": (8, 4), "dense": (6, 5)})
    conv, drop = network.conv_dropout, network.block_dropout
    assert bench_worker.torch_network(network, ("conv", "separable"), 0.5) == [
        ("Conv2d", 3, 4, 3, "same"), ("ReLU",), ("Dropout", conv),
        ("Conv2d", 4, 4, 3, "same", 4, False), ("Conv2d", 4, 4, 1), ("ReLU",),
        ("MaxPool2d", 2), ("BatchNorm2d", 4), ("Dropout", drop),
        ("Conv2d", 4, 2, 3, "same"), ("ReLU",), ("Dropout", conv),
        ("Conv2d", 2, 2, 3, "same", 2, False), ("Conv2d", 2, 2, 1), ("ReLU",),
        ("MaxPool2d", 2), ("BatchNorm2d", 2), ("Dropout", drop),
        ("Flatten",), ("Linear", 2 * 8 * 8, 6), ("ReLU",), ("Dropout", network.dense_dropout),
        ("Linear", 6, 5), ("ReLU",), ("Linear", 5, 10),
    ]  # fmt: skip


@pytest.mark.usefixtures("torch")
def test_a_kind_that_is_not_made_for_pytorch_is_a_problem(settings: params.Params) -> None:
    """It is not timed as another one."""
    said = r"^presets/cifar10\.yaml: grouped, should be conv or separable: "
    with pytest.raises(Problem, match=said):
        bench_worker.torch_network(settings.network, ("conv", "grouped"), 1.0)


# says, when TensorFlow is looked for, what it will find of our settings
LOOKED_FOR = """
import os, sys
class Watch:
    def find_spec(self, name, *_):
        if name == "tensorflow":
            print("TF_ENABLE_ONEDNN_OPTS is", os.environ.get("TF_ENABLE_ONEDNN_OPTS"))
sys.meta_path.insert(0, Watch())
"""


def test_the_plain_way_has_tensorflows_own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """And stages have this project's: oneDNN wherever TensorFlow has it, unless a person said otherwise."""
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)  # of this process
    asked = "from tensorflow.python.util._pywrap_util_port import IsMklEnabled as on; print(on())"
    plain = (
        "from pathlib import Path\nfrom dscnn.experiment import params\nfrom dscnn.tools import bench_worker\n"
        f"bench_worker.plain(params.load(Path({str(tiny.PROJECT / bench.PRESET)!r})), '0.01', 256)\n"
    )
    assert python(LOOKED_FOR + plain).stdout == "TF_ENABLE_ONEDNN_OPTS is None\n"
    stage = "from dscnn.core.device import tf\n"
    assert python(LOOKED_FOR + stage).stdout == "TF_ENABLE_ONEDNN_OPTS is 1\n"
    assert python(stage + asked).stdout == "True\n"
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert python(stage + asked).stdout == "False\n"
