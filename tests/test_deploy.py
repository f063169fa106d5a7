import json
from pathlib import Path

import pytest

from conftest import TEST, ran
from dscnn import deploy, fetch, files, layout, networks, params, prepare

ARM = layout.Arm("stripes", "0.5", "Separable", "1")


def test_main_converts_and_measures_an_arm(folder: Path) -> None:
    """Both formats, with size, accuracy on the whole test split, agreement and latency, and on what."""
    fetch.main("stripes")
    prepare.main("stripes")
    settings = params.load()
    network = networks.build(settings.network, settings.architectures["Separable"], 0.5, (8, 8, 1), 3, 1)
    files.write_arrays(ARM.weights, {variable.path: variable.numpy() for variable in network.weights})
    files.write_json(layout.MACHINE, {"device": "a GPU", "threads": 3})
    done = ran("deploy", *ARM)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1, "the converter's own lines are held back"
    value = json.loads(ARM.deployed.read_text())
    assert value["environment"] == {"device": "cpu", "threads": 3, "precision": "that of the format"}
    assert value["calibration_images"] == 12, "all of the validation split, which is smaller than asked for"
    assert list(value["formats"]) == ["float32", "int8"]
    for own in value["formats"].values():
        assert own["accuracy"] * TEST == pytest.approx(round(own["accuracy"] * TEST))
        assert 0 < own["latency_ms"]["low"] <= own["latency_ms"]["median"] <= own["latency_ms"]["high"]
    assert value["formats"]["float32"]["agreement"] == 1
    assert "TensorFlow Lite" in value["convention"]


def test_weights_of_another_network_are_refused(folder: Path) -> None:
    """As in stage evaluate."""
    assert deploy.CALIBRATION > 0
    settings = params.load()
    other = networks.build(settings.network, ("conv", "conv"), 0.5, (8, 8, 1), 3)
    files.write_arrays(ARM.weights, {variable.path: variable.numpy() for variable in other.weights})
    done = ran("deploy", *ARM)
    assert done.returncode == 1
    assert "holds the weights of another network" in done.stderr
    assert not ARM.deployed.exists()
