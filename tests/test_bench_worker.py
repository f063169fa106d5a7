from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from conftest import PROJECT
from dscnn import bench, bench_worker, params
from dscnn.device import tf


def test_the_plain_way_trains_all_architectures() -> None:
    """An epoch of the plain way; the whole bench (tests/test_bench.py) runs this project's."""
    settings = params.load(PROJECT / "presets/cifar10.yaml")
    settings = settings.model_copy(update={"train": settings.train.model_copy(update={"batch_size": 16})})
    epochs, facts = bench_worker.plain(settings, "0.0078125", 32)
    assert list(epochs) == ["RegularConv", "BothConv", "SeparableConv"]
    epochs["SeparableConv"]()
    assert facts["multiplies"] == "float32"


def test_the_images_are_the_same_each_time() -> None:
    """All classes equally often."""
    (images, labels), (again, _) = bench_worker.data(40), bench_worker.data(40)
    np.testing.assert_array_equal(images, again)
    assert images.shape == (40, 32, 32, 3)
    assert np.bincount(labels).tolist() == [4] * 10


def test_the_rate_of_a_multiplication_by_a_clock_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two matrices of side 64 in 2 s: 64 ** 3 FLOP a second, whatever the first one took."""
    ticks = iter([0.0, 50.0, 100.0, 102.0, 200.0, 202.0, 300.0, 302.0])
    monkeypatch.setattr(bench_worker, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    assert bench_worker.matmul_rate(tf, tf.float32, side=64, repeats=3) == 64**3


def test_the_two_files_of_the_bench_name_the_same_ways() -> None:
    """A way described is a way that can be trained."""
    text = Path(bench_worker.__file__).read_text()
    assert all(f'"{way}": {way}' in text for way in bench.WAYS)
