from typing import Any

import pandas as pd
import pytest

import tiny
from dscnn.experiment.params import Params
from dscnn.reporting.sections import differing

ARMS = pd.DataFrame(
    [
        {"dataset": "stripes", "width": "0.5", "architecture": name, "seed": "1"}
        | {"train_images": 48, "device": "cpu", "precision": "float32"}
        for name in ("A", "B")
    ]
)
SAME: dict[str, Any] = {
    "dataset": "stripes", "images": 48, "width": 0.5, "runs": 1, "seeded": True, "validation": 0.2, "device": "cpu",
    "precision": "float32", "network": tiny.PARAMS["network"], "train": tiny.PARAMS["train"],
    "recipe": tiny.PARAMS["recipe"],
}  # fmt: skip


def test_an_experiment_differs_in_nothing_from_itself(settings: Params) -> None:
    """Whatever Python makes of its lists."""
    assert differing.table(SAME, settings, ARMS) == []


@pytest.mark.parametrize(
    ("published", "row"),
    [
        ({"dataset": "cifar10"}, ["dataset", "cifar10", "stripes"]),
        ({"images": 50_000}, ["images", "50,000", "48"]),
        ({"width": 1.0}, ["width", "1", "0.5"]),
        ({"runs": 3}, ["runs", "3", "1"]),
        ({"seeded": False}, ["seeded", "no", "yes"]),
        ({"validation": "test"}, ["validation", "test", "0.2"]),
        ({"device": "gpu"}, ["device", "gpu", "cpu"]),
        ({"precision": "mixed_float16"}, ["precision", "mixed_float16", "float32"]),
        ({"network": SAME["network"] | {"filters": [8, 4]}}, ["network.filters", "8, 4", "8, 8, 8"]),
        ({"train": SAME["train"] | {"keep": "best"}}, ["train.keep", "best", "last"]),
        ({"recipe": SAME["recipe"] | {"flip": True}}, ["recipe.flip", "yes", "no"]),
    ],
)
def test_each_condition_that_differs_is_a_row(settings: Params, published: dict[str, Any], row: list[str]) -> None:
    """With its key in params.yaml, the published value and the one here."""
    assert differing.table(SAME | published, settings, ARMS) == [row]


@pytest.mark.parametrize("section", ["network", "train", "recipe"])
def test_every_key_of_a_section_is_compared(section: str, settings: Params) -> None:
    """A published value that no experiment has is a row for each key."""
    other = dict.fromkeys(tiny.PARAMS[section], "another")
    rows = differing.table(SAME | {section: other}, settings, ARMS)
    assert [name for name, *_ in rows] == [f"{section}.{name}" for name in tiny.PARAMS[section]]


def test_arms_of_several_machines_have_all_their_values(settings: Params) -> None:
    """One in another precision is not as published."""
    arms = ARMS.assign(precision=["float32", "mixed_bfloat16"])
    assert differing.table(SAME, settings, arms) == [["precision", "float32", "float32 and mixed_bfloat16"]]


def test_a_gpu_is_a_gpu(settings: Params) -> None:
    """The published experiment does not name its own."""
    published = SAME | {"device": "gpu"}
    assert differing.table(published, settings, ARMS.assign(device="A card")) == []
    assert differing.table(published, settings, ARMS) == [["device", "gpu", "cpu"]]


@pytest.mark.parametrize(("seeds", "here"), [(["1", "1"], "1"), (["1", "2"], "2"), (["1", "2", "3"], "2 to 3")])
def test_the_runs_are_those_that_are_there(settings: Params, seeds: list[str], here: str) -> None:
    """Not those that params.yaml asks for; A has the `seeds`, B two."""
    arms = pd.concat([ARMS[:1].assign(seed=seed) for seed in dict.fromkeys(seeds)])
    two = [ARMS[1:].assign(seed=seed) for seed in (("1",) if here == "1" else ("1", "2"))]
    rows = differing.table(SAME | {"runs": 5}, settings, pd.concat([arms, *two]))
    assert rows == [["runs", "5", here]]
