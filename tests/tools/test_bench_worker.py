import numpy as np

from dscnn.tools import bench, bench_worker


def test_the_images_are_the_same_each_time() -> None:
    """All classes come equally often."""
    (images, labels), (again, _) = bench_worker.data(40), bench_worker.data(40)
    np.testing.assert_array_equal(images, again)
    assert images.shape == (40, 32, 32, 3)
    assert np.bincount(labels).tolist() == [4] * 10


def test_a_way_that_is_described_can_be_trained() -> None:
    """The two files of the bench name the same ways; test_bench.py trains those that need no PyTorch."""
    assert [way for way in bench.WAYS if not callable(getattr(bench_worker, way, None))] == []
