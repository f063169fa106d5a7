import numpy as np
import pytest

from dscnn.core.splits import Labelled
from dscnn.data import facts

RANDOM = np.random.default_rng(0)


def random(count: int) -> Labelled:
    return Labelled(RANDOM.integers(0, 256, (count, 3, 4, 3), np.uint8), (np.arange(count) % 2).astype(np.uint8))


def test_mean_and_deviation_are_numpys() -> None:
    """Mean and deviation by channel are those of NumPy, for more images than are counted at a time."""
    data = random(2500)
    found = facts.facts({"train": data}, ("a", "b"))["splits"]["train"]
    scaled = data.images / 255
    assert found["mean"] == pytest.approx(scaled.mean((0, 1, 2)), abs=1e-4)
    assert found["std"] == pytest.approx(scaled.std((0, 1, 2)), abs=1e-4)
    assert found["n"] == 2500
    assert found["classes"] == {"a": 1250, "b": 1250}


def test_repeated_and_shared_images_are_counted() -> None:
    """Train has two repeats, one with another label, and three of the four test images are in train."""
    data = random(10)
    train = data.take(np.array([0, 1, 2, 3, 0, 1]))
    train.labels[5] = 0
    test = data.take(np.array([2, 3, 3, 9]))
    found = facts.facts({"train": train, "test": test}, ("a", "b"))
    assert found["splits"]["train"]["repeated"] == 2
    assert found["splits"]["train"]["repeated_otherwise_labelled"] == 1
    assert found["splits"]["test"]["repeated"] == 1
    assert found["shared"] == {"train and test": 3}
