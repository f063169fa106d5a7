import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from conftest import CLASSES, TEST, TRAIN
from dscnn import fetch, files, layout, params, prepare
from dscnn.labelled import Labelled
from dscnn.stage import Problem


def numbered(labels: list[int]) -> Labelled:
    """Return images that hold their own number."""
    numbers = np.arange(len(labels), dtype=np.uint8)
    return Labelled(numbers.reshape(-1, 1, 1, 1), np.array(labels, np.uint8))


def test_held_out_images_are_a_share_of_each_class() -> None:
    """A fifth of 10, 20 and 5 images; every image is on one side, in its old order."""
    data = numbered([0] * 10 + [1] * 20 + [2] * 5)
    rest, held = prepare.hold_out(data, 0.2, seed=0, key="x")
    assert np.bincount(held.labels).tolist() == [2, 4, 1]
    assert sorted([*rest.images.flat, *held.images.flat]) == list(range(35))
    for part in (rest, held):
        assert sorted(part.images.flat) == list(part.images.flat)
        assert (data.labels[part.images.ravel()] == part.labels).all()


def test_the_seed_draws_the_held_out_images() -> None:
    """The same again with the same seed, others with another."""
    draws = [prepare.hold_out(numbered([0] * 50), 0.2, seed, "x")[1].images.ravel().tolist() for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_class_too_small_to_divide_is_a_problem(count: int) -> None:
    """A tenth of one or four images is none."""
    with pytest.raises(Problem, match=r"train\.validation: 0\.1 of the \d images of class 1 leaves none on one side"):
        prepare.hold_out(numbered([0] * 50 + [1] * count), 0.1, seed=0, key="train.validation")


def test_validation_comes_from_the_training_images(settings: params.Params) -> None:
    """The test split is as published, and no image of it is seen in training."""
    published = {"train": numbered([0, 1, 2] * 20), "test": numbered([2, 1, 0])}
    parts = prepare.splits(published, settings.catalogue["stripes"], 0.2, 0)
    assert [len(part.labels) for part in parts.values()] == [48, 12, 3]
    assert parts["test"] is published["test"]
    assert not set(parts["train"].images.flat) & set(parts["validation"].images.flat)


def test_validation_on_test_is_the_reference_experiments_choice(settings: params.Params) -> None:
    """All training images train, the test images validate."""
    published = {"train": numbered([0, 1, 2] * 20), "test": numbered([2, 1, 0])}
    parts = prepare.splits(published, settings.catalogue["stripes"], "test", 0)
    assert parts["train"] is published["train"]
    assert parts["validation"] is parts["test"] is published["test"]


def bundled(source: dict[str, Any], test: int) -> Any:
    entry = source["catalogue"]["stripes"]
    entry |= {"format": "bundled", "images": {"train": 40 - test, "test": test, "seed": 0}}
    entry["files"] = {"table": next(iter(entry["files"].values()))}
    return params.check(source).catalogue["stripes"]


def test_a_bundled_data_set_gets_its_own_test_split(source: dict[str, Any]) -> None:
    """Drawn class by class; a changed validation seed does not touch it."""
    published = {"all": numbered([0, 1] * 20)}
    first, second = (prepare.splits(published, bundled(source, 10), 0.2, seed) for seed in (0, 1))
    assert [len(part.labels) for part in first.values()] == [24, 6, 10]
    assert np.bincount(first["test"].labels).tolist() == [5, 5]
    assert (first["test"].images == second["test"].images).all()
    assert (first["train"].images != second["train"].images).any()


def test_a_test_split_that_cannot_be_drawn_by_class_is_a_problem(source: dict[str, Any]) -> None:
    """11 of two classes of 20 would be 5.5 of each."""
    with pytest.raises(Problem, match=r"images\.test: 11 cannot be drawn"):
        prepare.splits({"all": numbered([0, 1] * 20)}, bundled(source, 11), 0.2, 0)


def test_main_writes_what_the_next_stages_read(folder: Path) -> None:
    """uint8, channels last, the same bytes each time, and the counts."""
    fetch.main("stripes")
    prepare.main("stripes")
    split: layout.Split
    for split, count in (("train", TRAIN * 4 // 5), ("validation", TRAIN // 5), ("test", TEST)):
        data = Labelled(**files.read_arrays(layout.prepared("stripes", split)))
        assert data.images.shape == (count, 8, 8, 1)
        assert data.images.dtype == data.labels.dtype == np.uint8
        assert np.bincount(data.labels).tolist() == [count // CLASSES] * CLASSES
    facts = json.loads(layout.facts("stripes").read_text())
    assert facts["splits"]["validation"]["n"] == 12
    assert facts["splits"]["validation"]["classes"] == {"low": 4, "middle": 4, "high": 4}
    assert facts["shared"] == {"train and validation": 0, "train and test": 0, "validation and test": 0}
    written = [layout.prepared("stripes", split) for split in ("train", "validation", "test")]
    written += [layout.facts("stripes"), layout.samples("stripes")]
    before = [path.read_bytes() for path in written]
    prepare.main("stripes")
    assert [path.read_bytes() for path in written] == before


def test_main_names_the_file_that_is_not_the_catalogues(folder: Path, source: dict[str, Any]) -> None:
    """A shape that is not the data's, and nothing written."""
    fetch.main("stripes")
    source["catalogue"]["stripes"]["shape"] = [8, 9, 1]
    (folder / "params.yaml").write_text(yaml.safe_dump(source))
    with pytest.raises(Problem, match=r"train-images.gz: its header is \[2051, 60, 8, 8\]"):
        prepare.main("stripes")
    assert not (folder / "data/prepared").exists()
