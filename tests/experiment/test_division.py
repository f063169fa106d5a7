from typing import Any

import pytest

import tiny
from dscnn.experiment import datasets, division, params


def errors(source: dict[str, Any], archives: dict[str, Any], **changed: Any) -> list[str]:
    """Return what cannot be divided of 60 training images of three classes."""
    catalogue = tiny.datasets(archives)
    catalogue["stripes"] |= changed
    return [*division.check(params.check(source), datasets.check(catalogue))]


@pytest.mark.parametrize("share", [0.01, 0.02, 0.98, 0.9999])
def test_a_share_that_leaves_none_of_a_class_is_one_line(
    source: dict[str, Any], archives: dict[str, Any], share: float
) -> None:
    """Of 20 images it draws none, or all; which class that is, is not known yet."""
    source["validation"] = share
    assert errors(source, archives) == [
        f"validation: {share} of the 60 training images of stripes leaves none on one side of a class, as one of its 3"
        " classes has 20 or fewer; take another share, or 'test'"
    ]


@pytest.mark.parametrize("share", [0.03, 0.2, 0.97, "test"])
def test_a_share_that_can_be_drawn_is_no_error(
    source: dict[str, Any], archives: dict[str, Any], share: float | str
) -> None:
    """One of 20 is drawn, or left."""
    source["validation"], source["train"]["batch_size"] = share, 1
    assert errors(source, archives) == []


def test_an_epoch_has_two_steps(source: dict[str, Any], archives: dict[str, Any]) -> None:
    """The key is named, and how many images there are: exactly, where none is held out."""
    source["validation"] = "test"
    source["train"]["batch_size"] = 59
    assert errors(source, archives) == []
    source["train"]["batch_size"] = 60
    (found,) = errors(source, archives)
    assert found.startswith("train.batch_size: 60 makes one step of the 60 training images of stripes, and the first")
    source["validation"] = 0.2
    source["train"]["batch_size"] = 50
    (found,) = errors(source, archives)
    assert found.startswith(
        "train.batch_size: 50 makes one step of the 49 or fewer training images of stripes, and the"
    )


def test_what_only_the_classes_own_numbers_decide_is_left_to_other_stages(
    source: dict[str, Any], archives: dict[str, Any]
) -> None:
    """48 remain of three classes of 20; other numbers of each could leave 49."""
    source["train"]["batch_size"] = 48
    assert errors(source, archives) == []


def test_images_in_folders_are_not_counted(source: dict[str, Any], archives: dict[str, Any]) -> None:
    """How many there are, datasets.yaml does not say."""
    source["validation"], source["train"]["batch_size"] = 0.0001, 10**6
    images = {"train": "train", "test": "test"}
    assert errors(source, archives, format="image_folder", images=images, addresses=[], files={}) == []
