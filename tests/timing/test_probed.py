import pytest

import tiny
from dscnn.costs.trained import count
from dscnn.costs.work import same_work
from dscnn.experiment import params
from dscnn.networks.build import build
from dscnn.timing import probed, workloads

SHORT = params.Probes(sizes=1, rounds=3, round_seconds=0.001)


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def found(said: list[str]) -> dict[str, dict[str, object]]:
    """Two networks of one block; the experiment has a convolution of the first too."""
    settings = params.check(tiny.params())
    network = settings.network.model_copy(update={"filters": (8,)})
    held_out = set()
    made = []
    for name, kinds in settings.architectures.items():
        model = build(network, kinds, 0.5, (8, 8, 1), 3)
        untrained = workloads.untrained(model, settings.train, settings.recipe)
        if name == "Regular":
            held_out = {same_work(row.flat()) for row in count(untrained, 16) if row.name == "block1_conv2"}
        made.append((name, untrained, workloads.random_batch((8, 8, 1), 3, 16)))
    record = probed.measured(iter(made), held_out, SHORT, said.append)
    assert set(record.pop("load")) == {"other_processors", "stolen_processors"}
    return record["probes"]


def test_each_probe_has_its_parts_and_its_layers(found: dict[str, dict[str, object]]) -> None:
    """Parameters are those that the optimizer updates; times are as in stage benchmark."""
    assert list(found) == ["Regular", "Separable"]
    for own in found.values():
        assert list(own) == ["optimizer", "loss", "trainable_parameters", "layers"]
        for part in ("optimizer", "loss"):
            assert 0 < own[part]["min"] <= own[part]["median"]
            assert len(own[part]["rounds"]) == 3
        rows = {row["name"]: row for row in own["layers"]}
        assert rows["block1_pool"]["training_seconds"]["max"] > 0
    # conv 1 -> 4 and 4 -> 4 with bias, norm 2 x 4, dense 64 -> 8, classes 8 -> 3
    convolutions = (9 + 1) * 4 + (9 * 4 + 1) * 4
    rest = sum(row["trainable_parameters"] for row in found["Regular"]["layers"]) - (9 + 1) * 4
    assert found["Regular"]["trainable_parameters"] == convolutions + rest


def test_layers_that_the_experiment_has_too_are_left_out(found: dict[str, dict[str, object]]) -> None:
    """So nothing is fitted to what it predicts."""
    names = {name: [row["name"] for row in own["layers"]] for name, own in found.items()}
    assert "block1_conv1" in names["Regular"]
    assert "block1_conv2" not in names["Regular"]
    assert {"block1_conv2/depthwise", "block1_conv2/pointwise"} <= set(names["Separable"])


@pytest.mark.usefixtures("found")
def test_what_is_being_timed_is_said(said: list[str]) -> None:
    """Optimizer and loss first, then the layers, round by round."""
    rounds = [f"round {number}/3" for number in range(4)] * 2
    assert said == [f"parts of {name}, {each}" for name in ("Regular", "Separable") for each in rounds]
