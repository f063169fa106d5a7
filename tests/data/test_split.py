from typing import Any

import numpy as np
import pytest

import tiny
from dscnn.core.splits import Labelled
from dscnn.core.stage import Problem
from dscnn.data import split
from dscnn.data.catalogue import Dataset
from dscnn.experiment import datasets

SOURCE = split.Source("own", ["cat", "dog", "hen"], "validation")


def numbered(labels: list[int]) -> Labelled:
    """Return images that hold their own number."""
    numbers = np.arange(len(labels), dtype=np.uint8)
    return Labelled(numbers.reshape(-1, 1, 1, 1), np.array(labels, np.uint8))


def test_held_out_images_are_a_share_of_each_class() -> None:
    """A fifth of 10, 20 and 5 images is held out, and each image is on one side, in its old order."""
    data = numbered([0] * 10 + [1] * 20 + [2] * 5)
    rest, held = split.hold_out(data, 0.2, seed=0, source=SOURCE)
    assert np.bincount(held.labels).tolist() == [2, 4, 1]
    assert sorted([*rest.images.flat, *held.images.flat]) == list(range(35))
    for part in (rest, held):
        assert sorted(part.images.flat) == list(part.images.flat)
        assert (data.labels[part.images.ravel()] == part.labels).all()


def test_the_seed_draws_the_held_out_images() -> None:
    """The same seed draws the same images, and another seed draws others."""
    draws = [split.hold_out(numbered([0] * 50), 0.2, seed, SOURCE)[1].images.ravel().tolist() for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_class_too_small_to_divide_is_a_problem(count: int) -> None:
    """A tenth of one, two or four images is none."""
    with pytest.raises(
        Problem, match=r"^validation: 0\.1 of the \d images of class 'dog' of own leaves none on one side;"
    ):
        split.hold_out(numbered([0] * 50 + [1] * count), 0.1, seed=0, source=SOURCE)


def test_a_share_may_not_take_all_of_a_class() -> None:
    """Of 20 images, 0.9999 is 20."""
    with pytest.raises(
        Problem, match=r"^validation: 0\.9999 of the 20 images of class 'cat' of own leaves none on one"
    ):
        split.hold_out(numbered([0] * 20), 0.9999, seed=0, source=SOURCE)


def test_validation_comes_from_the_training_images(entry: Dataset) -> None:
    """The published test images stay, and a fifth of the training images validates."""
    published = {"train": numbered([0, 1, 2] * 20), "test": numbered([2, 1, 0])}
    parts = split.splits("stripes", published, entry, 0.2, 0)
    assert [len(part.labels) for part in parts.values()] == [48, 12, 3]
    assert parts["test"] is published["test"]
    assert not set(parts["train"].images.flat) & set(parts["validation"].images.flat)


def test_validation_on_test_is_the_reference_experiments_choice(entry: Dataset) -> None:
    """All training images train, and the test images validate."""
    published = {"train": numbered([0, 1, 2] * 20), "test": numbered([2, 1, 0])}
    parts = split.splits("stripes", published, entry, "test", 0)
    assert parts["train"] is published["train"]
    assert parts["validation"] is parts["test"] is published["test"]


def table(archives: dict[str, Any], test: int) -> Dataset:
    source = tiny.datasets(archives)["stripes"]
    source |= {"format": "table", "images": {"train": 40 - test, "test": test, "seed": 0}}
    source["files"] = {"table": source["files"]["train_images"]}
    return datasets.check({"stripes": source})["stripes"]


def test_a_table_gets_a_test_split(archives: dict[str, Any]) -> None:
    """The test images are drawn class by class, and the seed of the validation images does not change them."""
    published = {"all": numbered([0, 1] * 20)}
    first, second = (split.splits("stripes", published, table(archives, 10), 0.2, seed) for seed in (0, 1))
    assert [len(part.labels) for part in first.values()] == [24, 6, 10]
    assert np.bincount(first["test"].labels).tolist() == [5, 5]
    assert (first["test"].images == second["test"].images).all()
    assert (first["train"].images != second["train"].images).any()


def test_a_test_split_that_cannot_be_drawn_by_class_is_a_problem(archives: dict[str, Any]) -> None:
    """11 images of two classes would be 5.5 of each."""
    with pytest.raises(Problem, match=r"^datasets\.yaml stripes\.images\.test: 11 cannot be drawn"):
        split.splits("stripes", {"all": numbered([0, 1] * 20)}, table(archives, 11), 0.2, 0)


def test_images_in_classes_get_a_test_split() -> None:
    """A folder without splits gives its share of each class to the test images, drawn by the entry's seed."""
    published = {"all": numbered([0, 1] * 20)}

    def drawn(seed: int) -> dict[str, Any]:
        entry = {
            "format": "image_folder",
            "shape": [1, 1, 1],
            "classes": ["a", "b"],
            "images": {"test": 0.25, "seed": seed},
            "addresses": [],
            "files": {},
        }
        return dict(split.splits("own", published, datasets.check({"own": entry})["own"], 0.2, 0))

    first, second = drawn(0), drawn(1)
    assert [len(part.labels) for part in first.values()] == [24, 6, 10]
    assert np.bincount(first["test"].labels).tolist() == [5, 5]
    assert sorted(image for part in first.values() for image in part.images.flat) == list(range(40))
    assert (first["test"].images != second["test"].images).any()
