import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from dscnn.core import files, paths, splits
from dscnn.core.device import keras
from dscnn.core.stage import Problem
from dscnn.experiment import params
from dscnn.networks.build import build, restore
from dscnn.stages import deploy, fetch, prepare
from tiny import TEST, ran

ARM = paths.Arm("stripes", "0.5", "Separable", "1")


def deployed() -> dict[str, Any]:
    """Write weights of the arm, convert them in a process of its own, and return what it wrote.

    The weights are random, but the last layer tells images apart, where otherwise all would be of one class.
    """
    settings = params.load()
    network = build(settings.network, settings.architectures["Separable"], 0.5, (8, 8, 1), 3, 1)
    *_, before, last = network.layers
    features = keras.Model(network.input, before.output).predict(splits.load("stripes", "validation").images, verbose=0)
    kernel = 1000 * last.kernel.numpy()
    last.set_weights([kernel, -features.mean(axis=0) @ kernel])
    files.write_arrays(ARM.weights, {variable.path: variable.numpy() for variable in network.weights})
    done = ran("stages.deploy", *ARM)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1, "the converter's own lines are held back"
    return json.loads(paths.metrics("deploy", *ARM).read_text())


def accuracy() -> float:
    """Return the share of the test images whose class the Keras network of the arm finds."""
    settings, test = params.load(), splits.load("stripes", "test")
    assert len(test.images) == TEST
    network = build(settings.network, settings.architectures["Separable"], 0.5, (8, 8, 1), 3)
    restore(network, files.read_arrays(ARM.weights), ARM.weights)
    classes = network.predict(test.images, verbose=0).argmax(1)
    assert len({*classes.tolist()}) > 1
    return float(np.mean(classes == test.labels))


def test_main_converts_and_measures_an_arm(folder: Path, source: dict[str, Any]) -> None:
    """Both formats have a size, accuracy on the whole test split, and agreement."""
    fetch.main("stripes")
    prepare.main("stripes")
    tiny.write_yaml(folder / "params.yaml", source | {"deploy": ["float32", "int8"]})
    value = deployed()
    assert value["calibration_images"] == 12, "all of the validation split, which is smaller than asked for"
    assert value["norms_kept"] == []
    assert list(value["formats"]) == ["float32", "int8"]
    expected = accuracy()
    assert value["formats"]["float32"]["accuracy"] == expected
    for own in value["formats"].values():
        assert own["accuracy"] == pytest.approx(expected, abs=1 - own["agreement"] + 1e-9)
        assert own["bytes"] > 1000, "a file of a network, not of nothing"
    assert value["formats"]["float32"]["agreement"] == 1
    assert "TensorFlow Lite" in value["convention"]


def test_only_the_formats_of_params_yaml_are_made(folder: Path, source: dict[str, Any]) -> None:
    """One of the two here."""
    fetch.main("stripes")
    prepare.main("stripes")
    tiny.write_yaml(folder / "params.yaml", source | {"deploy": ["int8"]})
    assert list(deployed()["formats"]) == ["int8"]


def test_without_a_format_nothing_is_computed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The record is there, and empty; no image is read, as there is none here."""
    settings = params.load()
    assert not settings.deploy
    network = build(settings.network, settings.architectures["Separable"], 0.5, (8, 8, 1), 3)
    files.write_arrays(ARM.weights, {variable.path: variable.numpy() for variable in network.weights})
    deploy.main(*ARM)
    assert files.read_json(paths.metrics("deploy", *ARM)) == {"formats": {}}
    assert capsys.readouterr().out == "Separable x0.5 seed 1: nothing to convert, since deploy is empty\n"
    assert not (folder / "data/prepared").exists()


def test_weights_of_another_network_are_refused(folder: Path) -> None:
    """The message says so, and nothing is written."""
    settings = params.load()
    other = build(settings.network, ("conv", "conv"), 0.5, (8, 8, 1), 3)
    files.write_arrays(ARM.weights, {variable.path: variable.numpy() for variable in other.weights})
    with pytest.raises(Problem, match="holds the weights of another network"):
        deploy.main(*ARM)
    assert not (folder / "metrics").exists()
