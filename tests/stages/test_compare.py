from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import frames
import tiny
from dscnn.core import files
from dscnn.core.paths import Arm, metrics
from dscnn.core.stage import Problem
from dscnn.reporting.tables import networks, paths
from dscnn.stages import compare


@pytest.fixture
def experiment(folder: Path, source: dict[str, Any]) -> list[Arm]:
    """Two architectures and three seeds, measured."""
    tiny.write_yaml(folder / "params.yaml", source | {"seeds": [1, 2, 3]})
    return frames.write_all()


@pytest.mark.usefixtures("experiment")
def test_the_tables_are_those_of_the_experiment(capsys: pytest.CaptureFixture[str]) -> None:
    """The files hold what the tables made by hand hold, and the summary of them; the screen shows a row a network."""
    compare.main()
    spelled = dict.fromkeys(("dataset", "width", "seed", "python"), str)
    read = {path.stem: pd.read_csv(path, dtype=spelled) for path in paths.TABLES}
    assert {name: len(table) for name, table in read.items()} == {
        "arms": 6, "epochs": 12, "networks": 2, "layers": 14, "operations": 13, "relative": 8, "decomposition": 7,
        "deployed": 0, "breakeven": 26, "predicted": 20,
        "differences": 2, "paired": 3, "confusion": 18, "equal_cost": 0,
    }  # fmt: skip
    for name, made in (
        ("arms", frames.ARMS), ("networks", frames.NETWORKS), ("layers", frames.LAYERS),
        ("operations", frames.OPERATIONS), ("predicted", frames.PREDICTED),
        ("differences", frames.DIFFERENCES), ("paired", frames.PAIRED), ("confusion", frames.CONFUSION),
    ):  # fmt: skip
        pd.testing.assert_frame_equal(read[name], made, check_dtype=False, check_like=True)
    for net, own in networks.compared(frames.NETWORKS).items():
        assert files.read_json(metrics("compare", *net)) == own
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split() == ["dataset", "width", "architecture", "seeds", "accuracy", "train_seconds", "macs"]
    assert shown[1].split() == ["stripes", "0.5", "Regular", "3", "0.55", "5.0", "64000"]


def summaries() -> list[str]:
    return sorted(str(path) for path in Path("metrics/compare").rglob("*.json"))


def test_what_params_yaml_does_not_name_does_not_count(experiment: list[Arm]) -> None:
    """Files of a removed architecture stay on disk and out of the tables."""
    for seed in frames.SEEDS:
        arm = experiment[0]._replace(architecture="Removed", seed=seed)
        frames.write(arm, frames.SCORES["Regular"][0], frames.SPEEDS["Regular"][0])
    compare.main()
    for path in paths.TABLES:
        assert "Removed" not in path.read_text()
    assert summaries() == ["metrics/compare/stripes/0.5/Regular.json", "metrics/compare/stripes/0.5/Separable.json"]


def missing(arm: Arm) -> dict[str, Path]:
    """Return what stage compare needs for `arm`."""
    return {
        "score": metrics("evaluate", *arm),
        "predictions": metrics("evaluate", *arm).with_suffix(".csv"),
        "facts": metrics("prepare", arm[0]),
        "timing": arm.timing,
        "result": arm.result,
        "history": arm.history,
        "cost": metrics("cost", *arm[:3]),
        "benchmark": metrics("benchmark", *arm[:2]),
        "probes": metrics("probes", *arm[:2]),
        "breakeven": metrics("breakeven", arm[0]),
        "conversion": metrics("deploy", *arm[:3], frames.SEEDS[0]),
    }


@pytest.mark.parametrize(
    "part",
    [
        "score",
        "predictions",
        "facts",
        "timing",
        "result",
        "history",
        "cost",
        "benchmark",
        "probes",
        "breakeven",
        "conversion",
    ],
)
def test_a_missing_measurement_is_named(experiment: list[Arm], part: str) -> None:
    """It is never a gap or a zero in a table."""
    path = missing(experiment[-1])[part]
    path.unlink()
    with pytest.raises(Problem) as problem:
        compare.main()
    assert str(problem.value) == f"{path} is missing: 'dvc repro' makes it"
    assert summaries() == []
