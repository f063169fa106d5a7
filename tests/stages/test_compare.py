import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import frames
import tiny
from dscnn.core import files
from dscnn.core.paths import Arm, metrics
from dscnn.core.stage import Problem
from dscnn.reporting.tables import differences, equal_cost, equal_time, networks, one_image, stored
from dscnn.stages import compare, manifest


@pytest.fixture
def experiment(folder: Path, source: dict[str, Any]) -> list[Arm]:
    """Two architectures and three seeds, measured."""
    tiny.write_yaml(folder / "params.yaml", source | {"seeds": [1, 2, 3]})
    arms = frames.write_all()
    files.write_json(metrics("references"), {})
    manifest.main()
    return arms


@pytest.mark.usefixtures("experiment")
def test_the_tables_are_those_of_the_experiment(capsys: pytest.CaptureFixture[str]) -> None:
    """The files hold what the tables made by hand hold, and the summary of them; the screen shows a row a network."""
    compare.main()
    spelled = dict.fromkeys(("dataset", "width", "seed", "python"), str)
    read = {name: pd.read_csv(stored.table(name), dtype=spelled) for name in stored.NAMES}
    assert {name: len(table) for name, table in read.items()} == {
        "arms": 6, "epochs": 12, "networks": 2, "layers": 14, "operations": 13, "relative": 8, "decomposition": 7,
        "deployed": 0, "breakeven": 26, "predicted": 20, "disagreements": 3, "equal_time": 6,
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


def test_the_margin_is_a_share_and_times_that_do_not_count_are_in_no_comparison(
    experiment: list[Arm], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One arm ran beside others: its epochs have no seconds, and equal training time is asked without it."""
    given: dict[str, tuple[Any, ...]] = {}
    for module in (differences, equal_cost, equal_time):
        name, real = module.__name__.rpartition(".")[2], module.table
        monkeypatch.setattr(
            module, "table", lambda *words, name=name, real=real: (given.update({name: words}), real(*words))[1]
        )
    busy = experiment[2]
    files.write_json(busy.timing, files.read_json(busy.timing) | {"other_processors": 0.9})
    manifest.main()
    compare.main()
    margins = {name: words[-1] for name, words in given.items()}
    assert margins == {"differences": 0.01, "equal_cost": 0.01, "equal_time": 0.01}
    table = pd.read_csv(stored.table("arms"))
    assert table.loc[~table["timed"], ["architecture", "seed"]].to_numpy().tolist() == [["Regular", 3]]
    epochs = pd.read_csv(stored.table("epochs"))
    assert epochs["seconds"].isna().tolist() == [arm == busy for arm in experiment for _ in range(2)]
    compared = given["equal_time"][0]
    assert len(compared) == 10
    assert compared["seconds"].notna().all()


def summaries() -> list[str]:
    return sorted(str(path) for path in Path("metrics/compare").rglob("*.json"))


def test_what_params_yaml_does_not_name_does_not_count(experiment: list[Arm]) -> None:
    """Files of a removed architecture stay on disk and out of the tables."""
    for seed in frames.SEEDS:
        arm = experiment[0]._replace(architecture="Removed", seed=seed)
        frames.write(arm, frames.SCORES["Regular"][0], frames.SPEEDS["Regular"][0])
    compare.main()
    for path in map(stored.table, stored.NAMES):
        assert "Removed" not in path.read_text()
    assert summaries() == ["metrics/compare/stripes/0.5/Regular.json", "metrics/compare/stripes/0.5/Separable.json"]


def rows() -> dict[str, int]:
    return {name: len(stored.table(name).read_text().splitlines()) - 1 for name in stored.NAMES}


@pytest.mark.parametrize(
    "part",
    ["evaluate/{}.json", "evaluate/{}.csv", "train/{}/history.csv", "train/{}/result.json", "train/{}/timing.json"],
)
@pytest.mark.usefixtures("experiment")
def test_an_arm_of_which_a_file_is_missing_is_left_out(part: str) -> None:
    """The other five stay, and no seed is paired with one that is not there."""
    compare.main()
    whole = rows()
    Path("metrics", part.format("stripes/0.5/Separable/3")).unlink()
    manifest.main()
    compare.main()
    own = {name: count for name, count in rows().items() if count != whole[name]}
    assert own == {"arms": 5, "epochs": 10, "paired": 2, "disagreements": 0}, "one of two seeds is no minority"
    assert files.read_json(metrics("compare", "stripes", "0.5", "Separable"))["accuracy"] == 0.4, "of .3 and .5"
    differences = pd.read_csv(stored.table("differences"))
    assert set(zip(differences["base_seeds"], differences["seeds"], strict=True)) == {(3, 2)}


@pytest.mark.parametrize("part", ["cost/{}.json", "train/{}/1/result.json"])
def test_an_architecture_that_has_no_arm_is_in_no_table(experiment: list[Arm], part: str) -> None:
    """Its times were measured all the same; the first that is there is then the base."""
    for arm in experiment:
        if arm.architecture == "Regular":
            Path("metrics", part.replace("/1/", f"/{arm.seed}/").format("stripes/0.5/Regular")).unlink(missing_ok=True)
    manifest.main()
    compare.main()
    for path in map(stored.table, stored.NAMES):
        assert "Regular" not in path.read_text(), path
    assert (pd.read_csv(stored.table("relative"))["share"] == 1).all()
    assert (pd.read_csv(stored.table("breakeven"))["ratio"] == 1).all()
    assert rows()["differences"] == 0
    assert summaries() == ["metrics/compare/stripes/0.5/Separable.json"]


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("probes/stripes/0.5", "predicted"),
        ("breakeven/stripes", "breakeven"),
        ("deploy/stripes/0.5/Regular/1", "deployed"),
    ],
)
@pytest.mark.usefixtures("experiment")
def test_without_other_measurements_their_rows_are_missing(name: str, table: str) -> None:
    """All other tables are as they were."""
    files.write_json(metrics("deploy", "stripes", "0.5", "Regular", "1"), {"formats": {"int8": CONVERSION}})
    compare.main()
    whole = {name: stored.table(name).read_text() for name in stored.NAMES}
    Path("metrics", f"{name}.json").unlink()
    manifest.main()
    compare.main()
    assert [name for name in stored.NAMES if stored.table(name).read_text() != whole[name]] == [table]
    assert rows()[table] == 0


DAMAGED = {
    "benchmark/stripes/0.5": [
        ("ceilings",), ("architectures", "Separable", "training_step", "rounds"),
        ("architectures", "Separable", "layers", 1, "training_seconds", "session"),
        ("architectures", "Separable", "layers", 1, "training_seconds", "median"),
        ("architectures", "Regular", "optimizer", "median"),
    ],
    "probes/stripes/0.5": [("batch_size",), ("probes", "4 x 4 8 conv+conv", "loss", "median")],
    "latency/stripes/0.5": [("formats",), ("load",), ("formats", "float32", "Separable", "rounds")],
    "deploy/stripes/0.5/Separable/1": [("formats",), ("formats", "float32", "agreement")],
    "breakeven/stripes": [
        ("points", 1, "axes"), ("points", 3, "architectures", "Separable", "training", "rounds"),
        ("points", 3, "architectures", "Separable", "training", "median"),
    ],
    "prepare/stripes": [("splits", "train", "classes")],
    "cost/stripes/0.5/Separable": [("macs",)],
    "evaluate/stripes/0.5/Separable/2": [("accuracy",)],
    "train/stripes/0.5/Separable/2/timing": [("train_seconds",), ("epoch_seconds",)],
    "train/stripes/0.5/Separable/2/result": [("environment",)],
}  # fmt: skip


@pytest.mark.parametrize("how", ["removed", "null"])
@pytest.mark.parametrize(("name", "place"), [(name, place) for name, own in DAMAGED.items() for place in own])
@pytest.mark.usefixtures("experiment")
def test_a_damaged_record_is_named_and_no_other_file(name: str, place: tuple[str | int, ...], how: str) -> None:
    """Whichever of its values is not there, or is null."""
    for architecture in frames.NAMES:
        conversion = {"formats": {"float32": CONVERSION}}
        files.write_json(metrics("deploy", "stripes", "0.5", architecture, "1"), conversion)
    files.write_json(metrics("latency", "stripes", "0.5"), LATENCY)
    record: Any = files.read_json(Path("metrics", f"{name}.json"))
    *above, last = place
    inner = record
    for key in above:
        inner = inner[key]
    if how == "removed":
        del inner[last]
    else:
        inner[last] = None
    files.write_json(Path("metrics", f"{name}.json"), record)
    manifest.main()
    with pytest.raises(Problem, match=rf"^metrics/{re.escape(name)}\.json: not what its stage writes \("):
        compare.main()
    assert summaries() == []


@pytest.mark.parametrize("name", ["train/stripes/0.5/Separable/2/history", "evaluate/stripes/0.5/Separable/2"])
@pytest.mark.usefixtures("experiment")
def test_a_damaged_table_is_named_and_no_other_file(name: str) -> None:
    """A column has another name."""
    path = Path("metrics", f"{name}.csv")
    path.write_text(path.read_text().replace("val_loss", "los").replace("label", "lab"))
    manifest.main()
    with pytest.raises(Problem, match=rf"^{re.escape(str(path))}: not what its stage writes \("):
        compare.main()


LATENCY = {
    "load": dict.fromkeys(one_image.LOAD, 0.1),
    "formats": {"float32": {"Regular": {"rounds": [0.002, 0.004]}, "Separable": {"rounds": [0.001, 0.002]}}},
}
CONVERSION = {"bytes": 100, "accuracy": 0.5, "agreement": 1.0}


@pytest.mark.usefixtures("experiment")
def test_one_image_is_by_tensorflow_lite_if_it_was_timed() -> None:
    """Without the record of its stage it is by Keras, and a conversion has no times."""
    for name in frames.NAMES:
        conversion = {"formats": {"float32": CONVERSION}}
        files.write_json(metrics("deploy", "stripes", "0.5", name, "1"), conversion)
    files.write_json(metrics("latency", "stripes", "0.5"), LATENCY)
    manifest.main()
    compare.main()
    networks, deployed = (pd.read_csv(stored.table(name)) for name in ("networks", "deployed"))
    assert networks["image_by"].unique().tolist() == [one_image.LITE]
    assert networks["image_share"].tolist() == deployed["lite_share"].tolist() == [1, 0.5]
    metrics("latency", "stripes", "0.5").unlink()
    manifest.main()
    compare.main()
    networks, deployed = (pd.read_csv(stored.table(name)) for name in ("networks", "deployed"))
    assert networks["image_by"].unique().tolist() == [one_image.KERAS]
    assert networks["image_share"].tolist() == networks["latency_share"].tolist()
    assert deployed["lite_share"].isna().all()


@pytest.mark.parametrize("name", ["prepare/stripes", "benchmark/stripes/0.5"])
@pytest.mark.usefixtures("experiment")
def test_a_data_set_and_width_without_facts_or_times_is_left_out(name: str) -> None:
    """There is no other here, so nothing is written."""
    Path("metrics", f"{name}.json").unlink()
    manifest.main()
    with pytest.raises(Problem, match="no training run is complete"):
        compare.main()
    assert summaries() == []


def test_another_width_is_compared_without_the_one_that_is_left_out(
    experiment: list[Arm], folder: Path, source: dict[str, Any]
) -> None:
    """Of width 1 nothing is there but the costs and the arms of Separable."""
    tiny.write_yaml(folder / "params.yaml", source | {"seeds": [1, 2, 3], "widths": [1, 0.5]})
    for arm in experiment[3:]:
        frames.write(arm._replace(width="1"), frames.SCORES["Separable"][0], frames.SPEEDS["Separable"][0])
    manifest.main()
    compare.main()
    assert set(pd.read_csv(stored.table("arms"))["width"]) == {0.5}
    for name in ("cost/stripes/1/Separable", "benchmark/stripes/1"):
        files.write_text(
            Path("metrics", f"{name}.json"), Path("metrics", f"{name.replace('/1', '/0.5')}.json").read_text()
        )
    manifest.main()
    compare.main()
    table = pd.read_csv(stored.table("networks"))
    assert table[["width", "architecture"]].to_numpy().tolist() == [
        [1, "Separable"],
        [0.5, "Regular"],
        [0.5, "Separable"],
    ]
    assert pd.read_csv(stored.table("breakeven"))["architecture"].iloc[0] == "Regular", (
        "the first of params.yaml is the base"
    )


@pytest.mark.parametrize(
    "name", ["evaluate/stripes/0.5/Regular/1", "train/stripes/0.5/Regular/1/timing", "probes/stripes/0.5"]
)
@pytest.mark.usefixtures("experiment")
def test_a_broken_file_is_not_a_missing_one(name: str) -> None:
    """It is named, and nothing is compared without it."""
    path = Path("metrics", f"{name}.json")
    path.write_text(path.read_text()[:-9])
    manifest.main()
    with pytest.raises(Problem, match=f"^{path} is not JSON"):
        compare.main()
    assert summaries() == []
