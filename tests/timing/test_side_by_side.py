from typing import Any

import numpy as np
import pytest

import tiny
from dscnn.core.device import keras
from dscnn.experiment import params
from dscnn.networks.build import build
from dscnn.networks.fused import Fused
from dscnn.timing import ceilings, side_by_side, timer, workloads
from timed import MACHINE, Timed

THREE = Timed(3, 0.1)
SHORT = Timed(3, 0.001)


def compiled(architecture: str) -> Fused:
    """Return a network of one block as it trains, with a learning rate of 0."""
    settings = params.check(tiny.params())
    network = settings.network.model_copy(update={"filters": (8,)})
    model = build(network, settings.architectures[architecture], 0.5, (8, 8, 1), 3)
    return workloads.untrained(model, settings.train, settings.recipe)


@pytest.mark.parametrize(("each", "copies"), [(1.0, 8), (100.0, 5), (1000.0, 1)])
def test_a_short_part_is_timed_in_copies(monkeypatch: pytest.MonkeyPatch, each: float, copies: int) -> None:
    """A call takes 10 of its own: copies make it a fiftieth, but no more than eight; a long part is one a call."""
    monkeypatch.setattr(timer, "seconds", lambda call, least: call())
    call, made = side_by_side.hiding(lambda copies: lambda: 10 + copies * each, 8, THREE, 10.0)
    assert made == copies
    assert call() == 10 + copies * each
    assert side_by_side.hiding(lambda copies: lambda: 10 + copies * each, 1, THREE, 10.0)[1] == 1, "no room for more"


def test_the_input_is_a_training_batch() -> None:
    """It has all images, shuffled and augmented, with smoothed labels."""
    batch = workloads.random_batch((8, 8, 1), 3, 6)
    recipe = params.check(tiny.params()).recipe.model_copy(update={"label_smoothing": 0.3, "cutout": 2})
    images, labels = side_by_side.input_call(batch, 3, recipe)()
    assert (images.shape, images.dtype) == ((6, 8, 8, 1), np.uint8)
    np.testing.assert_allclose(np.sort(labels, axis=1), [[0.1, 0.1, 0.8]] * 6, rtol=1e-6)
    assert np.bincount(labels.argmax(1), minlength=3).tolist() == np.bincount(batch.labels, minlength=3).tolist()
    changed = [all((image != other).any() for other in batch.images) for image in images]
    assert all(changed), "a square of each is grey"


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What was said while `found` was measured."""
    return []


@pytest.fixture(scope="module")
def found(said: list[str]) -> dict[str, Any]:
    """Two networks timed side by side, on a machine whose ceilings are made by hand."""
    models = {name: compiled(name) for name in ("Regular", "Separable")}
    batch = workloads.random_batch((8, 8, 1), 3, 16)
    readings = iter([MACHINE, MACHINE | {"vector_flops_per_second": 7e8, "call_seconds": 0.0002}])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ceilings, "measure", lambda dtype, threads, least: next(readings))
        return side_by_side.measured(models, batch, params.check(tiny.params()).recipe, SHORT, 2, said.append)


def test_every_network_is_timed_whole_and_by_layer(found: dict[str, Any]) -> None:
    """Every layer that the counter counts has its costs and times; a layer that networks share has one time."""
    assert list(found["architectures"]) == ["Regular", "Separable"]
    pools = []
    for own in found["architectures"].values():
        assert list(own) == ["training_step", "inference", "inference_1", "optimizer", "loss", "layers"]
        for step in ("training_step", "inference", "inference_1", "optimizer", "loss"):
            assert 0 < own[step]["min"] <= own[step]["median"] <= own[step]["max"]
        rows = {row["name"]: row for row in own["layers"]}
        pools.append(rows["block1_pool"]["training_seconds"])
        assert rows["dense1"]["macs"] == 16 * (4 * 4 * 4) * 8
        for row in rows.values():
            assert (row["training_seconds"]["max"] > 0) == (row["layer_class"] != "Flatten"), row["name"]
        assert rows["flatten"]["inference_seconds"]["median"] == 0
    assert pools[0] == pools[1]
    assert pools[0]["session"] == "Regular", "in whose rounds it was timed"
    assert 0 < found["input"]["min"] <= found["input"]["median"] <= found["input"]["max"]


def test_ceilings_are_the_best_of_before_and_after(found: dict[str, Any]) -> None:
    """The higher rate is of the second reading, the shorter call of the first."""
    assert found["ceilings"] == MACHINE | {"vector_flops_per_second": 7e8}


def test_what_is_being_timed_is_said(said: list[str], found: dict[str, Any]) -> None:
    """It says the machine, whole steps, and the layers of each network, round by round."""
    assert set(found["load"]) == {"other_processors", "stolen_processors"}
    rounds = [f"round {number}/3" for number in range(4)]
    assert said == [
        "what the machine reaches",
        *(f"whole steps, {each}" for each in rounds),
        *(f"layers of Regular, {each}" for each in rounds),
        *(f"layers of Separable, {each}" for each in rounds),
    ]


def test_a_layer_that_is_counted_but_not_timed_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of layers never leaves one out in silence."""
    images = keras.ops.convert_to_tensor(workloads.random_batch((8, 8, 1), 3, 2).images)
    monkeypatch.setattr(workloads, "parts", lambda model, images: iter([]))
    with pytest.raises(RuntimeError, match="counted, but not timed: scale, block1_conv1"):
        list(side_by_side.layers(compiled("Regular"), images, SHORT, 0.0, {}, "Regular", lambda text: None))
