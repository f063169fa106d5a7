import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from dscnn import compare, files, layout, params
from dscnn.stage import Problem
from timed import RECORD

ENVIRONMENT = dict.fromkeys(compare.ENVIRONMENT, "x") | {"threads": 1, "tensorflow": "2.21.0"}


def measure(arm: layout.Arm, accuracy: float, seconds: float) -> None:
    """Write what the stages before write for an arm."""
    files.write_json(arm.score, {"accuracy": accuracy, "loss": 1 - accuracy, "n": 30})
    files.write_json(arm.result, {"train_images": 48, "environment": ENVIRONMENT})
    reading = {
        "train_seconds": seconds, "validation_seconds": 0.5, "start_seconds": 6.0, "starts": 1,
        "images_per_second": 48 / seconds, "epoch_seconds": [seconds / 4, seconds * 3 / 4], "measured": "2026-01-31",
    }  # fmt: skip
    files.write_json(arm.timing, reading | {"environment": ENVIRONMENT})
    files.write_csv(arm.history, [{"epoch": 1, "val_loss": 0.5}, {"epoch": 2, "val_loss": 0.25}])


@pytest.fixture
def experiment(folder: Path, source: dict[str, object]) -> list[layout.Arm]:
    """Two architectures and three seeds, measured."""
    (folder / "params.yaml").write_text(yaml.safe_dump(source | {"seeds": [1, 2, 3]}, sort_keys=False))
    arms = compare.arms(params.load())
    for arm, (accuracy, seconds) in zip(
        arms, [(0.5, 4), (0.75, 5), (0.25, 9), (0.5, 1), (0.5, 2), (0.5, 4)], strict=True
    ):
        measure(arm, accuracy, seconds)
    files.write_json(layout.benchmark("stripes", "0.5"), RECORD)
    for architecture, macs in (("Regular", 1000), ("Separable", 200)):
        files.write_json(
            layout.cost("stripes", "0.5", architecture),
            {"parameters": 70, "macs": macs, "flops": 2 * macs, "layers": []},
        )
    return arms


def test_arms_are_the_points_of_params_yaml(settings: params.Params) -> None:
    """In its order, spelled as there."""
    assert compare.arms(settings) == [("stripes", "0.5", "Regular", "1"), ("stripes", "0.5", "Separable", "1")]


@pytest.mark.usefixtures("experiment")
def test_the_summary_by_hand() -> None:
    """Mean and extremes of the accuracies, median of the times, over three seeds."""
    compare.main()
    summary = json.loads(layout.SUMMARY.read_text())
    assert summary == {
        "stripes": {
            "0.5": {
                "Regular": {
                    "accuracy": 0.5, "accuracy_low": 0.25, "accuracy_high": 0.75, "loss": 0.5,
                    "parameters": 70, "macs": 1000, "flops": 2000, "train_seconds": 5.0, "images_per_second": 10,
                    "latency_ms": 2.0,
                },
                "Separable": {
                    "accuracy": 0.5, "accuracy_low": 0.5, "accuracy_high": 0.5, "loss": 0.5,
                    "parameters": 70, "macs": 200, "flops": 400, "train_seconds": 2.0, "images_per_second": 24,
                    "latency_ms": 2.0,
                },
            }
        }
    }  # fmt: skip


def test_a_short_time_is_not_rounded_to_nothing(experiment: list[layout.Arm]) -> None:
    """Four digits count, not two places."""
    for arm in experiment:
        measure(arm, 0.5, 0.00123456)
    compare.main()
    summary = json.loads(layout.SUMMARY.read_text())
    assert summary["stripes"]["0.5"]["Regular"]["train_seconds"] == 0.001235


@pytest.mark.usefixtures("experiment")
def test_the_tables_are_tidy() -> None:
    """A row an arm, an epoch of an arm, a network; each with its architecture in a column."""
    compare.main()
    arms, epochs, networks = (
        pd.read_csv(path) for path in (layout.ARMS_TABLE, layout.EPOCHS_TABLE, layout.NETWORKS_TABLE)
    )
    assert (len(arms), len(epochs), len(networks)) == (6, 12, 2)
    assert list(epochs.columns) == ["dataset", "width", "architecture", "seed", "epoch", "val_loss", "seconds"]
    assert epochs.iloc[-1].tolist() == ["stripes", 0.5, "Separable", 3, 2, 0.25, 4.0]
    assert epochs["seconds"].tolist()[:4] == [1, 4, 1.25, 5], "up to the end of the epoch, in seconds of training"
    assert arms["tensorflow"].unique().tolist() == ["2.21.0"]
    assert networks["architecture"].tolist() == ["Regular", "Separable"]
    assert networks["step_seconds"].tolist() == [0.4, 0.25]
    layers, kinds, relative = (
        pd.read_csv(path) for path in (layout.LAYERS_TABLE, layout.KINDS_TABLE, layout.RELATIVE_TABLE)
    )
    assert (len(layers), len(kinds), len(relative)) == (14, 13, 8)
    assert networks["train_seconds_high"].tolist() == [9, 4]


def test_what_params_yaml_does_not_name_does_not_count(experiment: list[layout.Arm]) -> None:
    """Files of a removed architecture stay on disk and out of the tables."""
    for seed in "123":
        measure(experiment[0]._replace(architecture="Removed", seed=seed), 1.0, 1)
    compare.main()
    assert "Removed" not in layout.SUMMARY.read_text()
    assert "Removed" not in layout.ARMS_TABLE.read_text()


def test_what_was_converted_is_in_a_table_and_a_missing_one_is_named(
    experiment: list[layout.Arm], folder: Path, source: dict[str, object]
) -> None:
    """A row a format; without seeds the table has its header alone."""
    compare.main()
    assert layout.DEPLOYED_TABLE.read_text() == ",".join(compare.DEPLOYED) + "\n"
    (folder / "params.yaml").write_text(yaml.safe_dump(source | {"seeds": [1, 2, 3], "deploy": [2]}, sort_keys=False))
    with pytest.raises(Problem, match=r"metrics/deploy/stripes/0\.5/Regular/2\.json"):
        compare.main()
    latency = {"median": 2.0, "low": 1.0, "high": 3.0}
    own = {"bytes": 100, "accuracy": 0.5, "agreement": 1.0, "latency_ms": latency}
    for arm in experiment:
        files.write_json(arm.deployed, {"formats": {"float32": own, "int8": own | {"bytes": 25}}})
    compare.main()
    table = pd.read_csv(layout.DEPLOYED_TABLE)
    assert table["bytes"].tolist() == [100, 25, 100, 25]
    assert table.iloc[1].tolist() == ["stripes", 0.5, "Regular", 2, "int8", 25, 0.5, 1, 2, 1, 3]


def test_a_missing_benchmark_is_named(experiment: list[layout.Arm]) -> None:
    """With the file."""
    assert experiment
    layout.benchmark("stripes", "0.5").unlink()
    with pytest.raises(Problem, match=r"metrics/benchmark/stripes/0\.5\.json"):
        compare.main()


@pytest.mark.parametrize("part", ["score", "timing", "result", "history"])
def test_a_missing_measurement_is_named(experiment: list[layout.Arm], part: str) -> None:
    """Never a gap or a zero."""
    path = getattr(experiment[-1], part)
    path.unlink()
    with pytest.raises(Problem) as problem:
        compare.main()
    assert str(path) in str(problem.value)
    assert not layout.SUMMARY.exists()


def test_a_time_of_another_training_is_a_problem(experiment: list[layout.Arm]) -> None:
    """A time is of the machine that made the weights."""
    timing = json.loads(experiment[0].timing.read_text())
    timing["environment"]["device"] = "another"
    files.write_json(experiment[0].timing, timing)
    with pytest.raises(Problem, match="is of another training"):
        compare.main()
