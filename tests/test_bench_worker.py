from pathlib import Path

import numpy as np

from conftest import PROJECT
from dscnn import bench, bench_worker, params


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


def test_the_two_files_of_the_bench_name_the_same_ways() -> None:
    """A way described is a way that can be trained."""
    text = Path(bench_worker.__file__).read_text()
    assert all(f'"{way}": {way}' in text for way in bench.WAYS)
