from typing import Any

import pytest

from dscnn.costs.references import explained
from dscnn.experiment import references
from tiny import PROJECT


@pytest.fixture(scope="module")
def notebook() -> dict[str, Any]:
    """What is explained of the reference experiment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(PROJECT)
        return explained(references.load("notebook2022"))


def test_the_reference_experiment(notebook: dict[str, Any]) -> None:
    """It has its published multiply-adds, 196 steps for 150 epochs, and a least time below the published one."""
    assert notebook["steps"] == 29_400
    own = notebook["architectures"]
    assert [each["macs"] for each in own.values()] == [2_911_937_152, 627_229_312, 330_788_480]
    assert [each["published"]["train_seconds"] for each in own.values()] == [8231.417, 4225.26, 4415.708]
    for each in own.values():
        for machine in each["machines"].values():
            assert 0 < machine["roofline_seconds"] < each["published"]["train_seconds"]
            assert machine["roofline_seconds"] == pytest.approx(sum(machine["by_class"].values()), abs=1)
            assert 0 < machine["memory_bound_seconds"] < machine["roofline_seconds"]


def test_a_convolution_by_hand(notebook: dict[str, Any]) -> None:
    """RegularConv's six convolutions are bound by compute but the first: 3 x 2 x multiply-adds at the sheet's rate.

    Along an axis of n places, 3 n - 2 of a kernel's 3 n numbers meet the image and not padding.
    """
    own = notebook["architectures"]["RegularConv"]["machines"]["RTX-3080"]
    macs = sum(
        (3 * side - 2) ** 2 * a * b
        for side, a, b in ((32, 512, 512), (16, 512, 256), (16, 256, 256), (8, 256, 128), (8, 128, 128))
    )
    bound = 29_400 * 256 * 6 * macs / 29.8e12
    assert bound < own["by_class"]["Conv2D"] < 1.05 * bound


def test_the_counts_are_the_published_ones(notebook: dict[str, Any]) -> None:
    """Parameters to the last one, the FLOPs of a batch of 256 to the digits published; batch norms are not all trained.

    A batch norm of n channels has 2 n parameters that are not trained: 2 x (512 + 256 + 128).
    """
    assert notebook["keras_flops_digit"] == 1e8
    for own in notebook["architectures"].values():
        published = own["published"]
        assert own["parameters"] == published["parameters"]
        assert own["parameters"] - own["trainable_parameters"] == 2 * (512 + 256 + 128)
        assert round(own["keras_flops"] / 1e11, 3) == published["keras_flops"] / 1e11


def test_the_conditions_are_told(notebook: dict[str, Any]) -> None:
    """As in the file, with lists where it has lists, and the kinds of each network."""
    conditions = notebook["conditions"]
    assert conditions["network"]["filters"] == [512, 256, 128]
    assert (conditions["dataset"], conditions["train"]["epochs"], conditions["seeded"]) == ("cifar10", 150, False)
    assert [own["kinds"] for own in notebook["architectures"].values()] == [
        ["conv", "conv"], ["conv", "separable"], ["separable", "separable"],
    ]  # fmt: skip
    assert len(notebook["remarks"]) == 2
