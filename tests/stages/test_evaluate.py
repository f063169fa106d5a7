import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from dscnn.core import files, paths, splits
from dscnn.experiment import params
from dscnn.networks.build import build
from dscnn.stages import evaluate, fetch, prepare

ARM = paths.Arm("stripes", "0.5", "Separable", "1")


def test_a_score_by_hand() -> None:
    """Two of three are right; the loss is the mean of -ln of the right classes' probabilities."""
    probabilities = np.float32([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.75, 0.125, 0.125]])
    score = evaluate.score(probabilities, np.array([0, 1, 2]))
    assert score["accuracy"] == 2 / 3
    assert score["loss"] == pytest.approx((math.log(2) + math.log(2) + math.log(8)) / 3)
    assert score["n"] == 3
    assert score["brier"] == pytest.approx((0.375 + 0.375 + 0.75**2 + 0.125**2 + 0.875**2) / 3)
    assert score["calibration_error"] == pytest.approx((2 * (1 - 0.5) + 0.75) / 3)


def test_certainty_of_the_wrong_is_a_finite_loss() -> None:
    """A probability of 0 counts as Keras's epsilon, 1e-7, as in Keras's own loss."""
    score = evaluate.score(np.float32([[1, 0]]), np.array([1]))
    assert score["loss"] == pytest.approx(-math.log(1e-7))


def test_predictions_name_label_and_class() -> None:
    """There is a row an image, in the order of the split."""
    rows = evaluate.predictions(np.float32([[0.25, 0.75], [0.875, 0.125]]), np.array([1, 1]))
    assert rows == [
        {"image": 0, "label": 1, "predicted": 1, "probability": "0.7500"},
        {"image": 1, "label": 1, "predicted": 0, "probability": "0.8750"},
    ]


def test_main_scores_the_whole_test_split(folder: Path, source: dict[str, Any]) -> None:
    """The images of the last, smaller batch count too; the predictions give the same accuracy."""
    source["compute"]["precision"] = "mixed_float16"
    tiny.write_yaml(folder / "params.yaml", source)
    fetch.main("stripes")
    prepare.main("stripes")
    settings = params.load()
    model = build(settings.network, settings.architectures["Separable"], 0.5, (8, 8, 1), 3, 1)
    files.write_arrays(ARM.weights, {variable.path: variable.numpy() for variable in model.weights})
    done = tiny.ran("stages.evaluate", *ARM)
    assert (done.returncode, done.stderr) == (0, "")
    path = paths.metrics("evaluate", *ARM)
    score = json.loads(path.read_text())
    rows = list(csv.DictReader(path.with_suffix(".csv").read_text().splitlines()))
    assert score["n"] == len(rows) == tiny.TEST
    assert score["mirror_accuracy"] is None, "it was not trained on mirrored images"
    test = splits.load("stripes", "test")
    assert [int(row["label"]) for row in rows] == test.labels.tolist()
    assert score["accuracy"] == sum(row["label"] == row["predicted"] for row in rows) / tiny.TEST
    expected = model.predict(test.images, verbose=0)  # in float32
    assert score["loss"] == pytest.approx(-np.log(expected[np.arange(tiny.TEST), test.labels]).mean(), rel=0.01)
    assert tiny.TEST % settings.train.batch_size != 0


def test_a_network_that_saw_mirrored_images_is_scored_with_them_too(folder: Path, source: dict[str, Any]) -> None:
    """The mean of both predictions counts there, as NumPy has it; the other figures are of the images as they are."""
    source["recipe"]["flip"] = True
    tiny.write_yaml(folder / "params.yaml", source)
    fetch.main("stripes")
    prepare.main("stripes")
    settings = params.load()
    model = build(settings.network, settings.architectures["Separable"], 0.5, (8, 8, 1), 3, 1)
    test = splits.load("stripes", "test")
    usual = np.log(model.predict(test.images, verbose=0)).mean(0)
    model.get_layer("classes").bias.assign(-usual)  # untrained, it would give all images one class
    files.write_arrays(ARM.weights, {variable.path: variable.numpy() for variable in model.weights})
    done = tiny.ran("stages.evaluate", *ARM)
    assert (done.returncode, done.stderr) == (0, "")
    score = json.loads(paths.metrics("evaluate", *ARM).read_text())
    plain, mirrored = (model.predict(images, verbose=0) for images in (test.images, np.flip(test.images, 2)))
    assert score["mirror_accuracy"] == np.mean(np.argmax(plain + mirrored, 1) == test.labels)
    assert score["accuracy"] == np.mean(np.argmax(plain, 1) == test.labels)
    assert not np.array_equal(plain.argmax(1), np.argmax(plain + mirrored, 1)), "else nothing is tested"
