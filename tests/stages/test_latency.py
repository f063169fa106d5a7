import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from dscnn.core import device, files
from dscnn.core.device import keras
from dscnn.core.stage import Problem
from dscnn.experiment import params
from dscnn.networks.build import build
from dscnn.stages import latency
from tiny import ran

MACHINE = device.installation() | {"device": "a GPU", "threads": 3, "data_format": "channels_first"}


def test_main_times_every_architecture_in_every_format(folder: Path, source: dict[str, Any]) -> None:
    """On the processor, whatever trains; with environment, rounds and convention beside the times."""
    tiny.write_yaml(folder / "params.yaml", source | {"deploy": ["float32", "int8"]})
    files.write_json(device.MACHINE, MACHINE)
    done = ran("stages.latency", "stripes", "0.5")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "the converter's own lines are held back"
    named = [line.split(": one image ")[0] for line in done.stdout.splitlines()]
    assert named == [f"{name}, {form}" for name in ("Regular", "Separable") for form in ("float32", "int8")]
    record = json.loads((folder / "metrics/latency/stripes/0.5.json").read_text())
    threads = device.threads(params.load().compute)
    assert record["environment"] == MACHINE | {
        "device": "cpu", "threads": threads, "precision": "that of the format", "data_format": "channels_last",
    }  # fmt: skip
    assert (record["rounds"], record["round_seconds"]) == (5, 0.001)
    assert set(record["load"]) == {"other_processors", "stolen_processors"}
    assert "TensorFlow Lite" in record["convention"]
    assert list(record["formats"]) == ["float32", "int8"]
    for timings in record["formats"].values():
        assert list(timings) == ["Regular", "Separable"]
        for own in timings.values():
            assert len(own["rounds"]) == 5
            assert 0 < own["min"] <= own["median"] <= own["max"]


def test_networks_take_turns_and_none_is_another(folder: Path, source: dict[str, Any], settings: params.Params) -> None:
    """Each is the architecture and the format that it is called, of one image."""
    both = params.check(source | {"deploy": ["int8", "float32"]})
    made = latency.interpreters(both, 0.5, (8, 8, 1), 3, 1)
    assert set(made) == {(form, name) for form in both.deploy for name in both.architectures}
    depthwise = {key: operations(own).count("DEPTHWISE_CONV_2D") for key, own in made.items()}
    # a norm, and two convolutions, in each of three blocks
    assert {name: {depthwise[form, name] for form in both.deploy} for name in both.architectures} == {
        "Regular": {3}, "Separable": {9}
    }  # fmt: skip
    types = {form: {made[form, name].input["dtype"].__name__ for name in both.architectures} for form in both.deploy}
    assert types == {"int8": {"uint8"}, "float32": {"float32"}}


def operations(own: Any) -> list[str]:
    return [each["op_name"] for each in own.interpreter._get_ops_details()]


def test_without_a_format_nothing_is_timed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The record is there, and says so."""
    files.write_json(device.MACHINE, MACHINE)
    latency.main("stripes", "0.5")
    assert files.read_json(folder / "metrics/latency/stripes/0.5.json")["formats"] == {}
    assert capsys.readouterr().out == "nothing is timed, since deploy is empty\n"


def test_times_never_carry_another_machines_name(folder: Path) -> None:
    """The folder may have been moved to another processor since stage machine ran."""
    files.write_json(device.MACHINE, {"device": "cpu", "processor": "Another one"})
    with pytest.raises(Problem, match=r"data/machine\.json is of another machine"):
        latency.main("stripes", "0.5")
    assert not (folder / "metrics").exists()


def test_a_narrow_network_answers_in_int8_too(settings: params.Params) -> None:
    """Of a bottleneck's few channels random weights may leave nothing, and positive ones do not."""
    narrow = settings.model_copy(
        update={"architectures": {"Narrow": ("bottleneck", "bottleneck")}, "deploy": ("int8",)}
    )
    (own,) = latency.interpreters(narrow, 0.5, (8, 8, 1), 3, 1).values()
    assert own(latency.images(1, (8, 8, 1))).sum() == pytest.approx(1, abs=0.02)
    network = latency.positive(build(settings.network, ("bottleneck", "bottleneck"), 0.5, (8, 8, 1), 3))
    for layer in network.layers[1:-1]:
        features = keras.Model(network.input, layer.output)(latency.images(1, (8, 8, 1)), training=False)
        assert float(np.max(features)) > 0, layer.name
