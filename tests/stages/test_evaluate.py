import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from dscnn.core import files, paths
from dscnn.core.stage import Problem
from dscnn.experiment import params
from dscnn.networks.build import build
from dscnn.stages import evaluate, fetch, prepare
from tiny import TEST, ran

ARM = paths.Arm("stripes", "0.5", "Separable", "1")


def test_a_score_by_hand() -> None:
    """Two of three right; the loss is the mean of -ln of the right classes' probabilities."""
    probabilities = np.float32([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.75, 0.125, 0.125]])
    score = evaluate.score(probabilities, np.array([0, 1, 2]))
    assert score["accuracy"] == 2 / 3
    assert score["loss"] == pytest.approx((math.log(2) + math.log(2) + math.log(8)) / 3)
    assert score["n"] == 3


def test_certainty_of_the_wrong_is_a_finite_loss() -> None:
    """A probability of 0 counts as Keras's epsilon, 1e-7, as in Keras's own loss."""
    score = evaluate.score(np.float32([[1, 0]]), np.array([1]))
    assert score["loss"] == pytest.approx(-math.log(1e-7))


def test_predictions_name_label_and_class() -> None:
    """A row an image, in the order of the split."""
    rows = evaluate.predictions(np.float32([[0.25, 0.75], [0.875, 0.125]]), np.array([1, 1]))
    assert rows == [
        {"image": 0, "label": 1, "predicted": 1, "probability": "0.7500"},
        {"image": 1, "label": 1, "predicted": 0, "probability": "0.8750"},
    ]


def test_weights_are_restored_by_name(settings: params.Params) -> None:
    """And those of another network are refused."""
    one, other = (build(settings.network, ("conv", "conv"), 1, (8, 8, 1), 3, seed) for seed in (1, 2))
    weights = {variable.path: variable.numpy() for variable in one.weights}
    evaluate.restore(other, weights, "1.npz")
    for variable in other.weights:
        np.testing.assert_array_equal(variable.numpy(), weights[variable.path])
    separable = build(settings.network, ("conv", "separable"), 1, (8, 8, 1), 3)
    with pytest.raises(Problem, match=r"1\.npz holds the weights of another network"):
        evaluate.restore(separable, weights, "1.npz")


def test_main_scores_the_whole_test_split(folder: Path) -> None:
    """Also the images of the last, smaller batch; the predictions give the same accuracy."""
    fetch.main("stripes")
    prepare.main("stripes")
    settings = params.load()
    model = build(settings.network, settings.architectures["Separable"], 0.5, (8, 8, 1), 3, 1)
    files.write_arrays(ARM.weights, {variable.path: variable.numpy() for variable in model.weights})
    done = ran("evaluate", *ARM)
    assert (done.returncode, done.stderr) == (0, "")
    score = json.loads(ARM.score.read_text())
    rows = list(csv.DictReader(ARM.predictions.read_text().splitlines()))
    assert score["n"] == len(rows) == TEST
    right = sum(row["label"] == row["predicted"] for row in rows)
    assert score["accuracy"] == right / TEST
    assert score["loss"] > 0
    assert TEST % settings.train.batch_size != 0
