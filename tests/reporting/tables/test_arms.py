import math
from typing import Any

import pandas as pd
import pytest

import frames
from dscnn.core import files, paths
from dscnn.core.paths import Arm
from dscnn.core.stage import Problem
from dscnn.experiment import params
from dscnn.reporting.tables import arms, one_image
from dscnn.reporting.tables.measures import Measure


def test_arms_are_the_points_of_params_yaml(source: dict[str, Any]) -> None:
    """They have its order, and data sets, widths and seeds are spelled as there."""
    settings = params.check(source | {"seeds": [2, 1]})
    assert arms.arms(settings) == [
        ("stripes", "0.5", name, seed) for name in ("Regular", "Separable") for seed in ("2", "1")
    ]


@pytest.mark.usefixtures("folder")
def test_a_row_has_measures_conditions_and_clock() -> None:
    """The row holds what the files of the arm say, under the same names."""
    frames.write_all()
    row = arms.arm_row(paths.Arm("stripes", "0.5", "Regular", "2"))
    assert [row.pop(name) for name in paths.Arm._fields] == ["stripes", "0.5", "Regular", "2"]
    expected = {"accuracy": 0.75, "loss": 0.3, "train_seconds": 5, "images_per_second": 2400, "test_images": 30,
                "train_images": 48, **frames.CLOCK, **frames.ENVIRONMENT}  # fmt: skip
    assert row | expected == row
    assert "macs" not in row, "a count is no measure of an arm"


@pytest.mark.usefixtures("folder")
def test_a_new_measure_of_seeds_is_in_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of MEASURES is enough, if a stage writes the value already."""
    (arm, *_) = frames.write_all()
    monkeypatch.setattr(arms, "MEASURES", [Measure("n", "evaluate", "images", "{}", "median")])
    row = arms.arm_row(arm)
    assert row["n"] == 30
    assert "accuracy" not in row


@pytest.mark.usefixtures("folder")
def test_only_what_is_optional_may_be_null() -> None:
    """Then it is not a number in the table; null in place of any other measure says that the file cannot be used."""
    (arm, *_) = frames.write_all()
    path = arm.score
    score = files.read_json(path)
    files.write_json(path, score | {"mirror_accuracy": None})
    assert math.isnan(arms.arm_row(arm)["mirror_accuracy"])
    files.write_json(path, score | {"loss": None})
    with pytest.raises(Problem, match="evaluate"):
        arms.arm_row(arm)


@pytest.mark.usefixtures("folder")
def test_epochs_have_the_seconds_up_to_their_end() -> None:
    """Each epoch has a row; its seconds are those of the clock, added up."""
    table = arms.epoch_table(frames.write_all(), [True] * 6)
    assert list(table.columns[:4]) == ["dataset", "width", "architecture", "seed"]
    assert table.iloc[-1].to_dict() == {
        "dataset": "stripes", "width": "0.5", "architecture": "Separable", "seed": "3", "epoch": 2,
        "accuracy": 0.7, "val_loss": 0.25, "val_accuracy": 0.75, "seconds": 4.0,
    }  # fmt: skip
    assert table["seconds"].tolist() == [1, 4, 1.25, 5, 2.25, 9, 0.25, 1, 0.5, 2, 1, 4]
    some = arms.epoch_table(frames.write_all(), [False] * 3 + [True] * 3)["seconds"]
    assert some.isna().tolist() == [True] * 6 + [False] * 6, "a time that does not count is no point of a curve"


def test_a_converted_network_has_a_row_for_each_format() -> None:
    """Its times beside it, and empty if there are none; without formats there is no row, but all columns."""
    times = dict.fromkeys([*one_image.TIMES, *one_image.LOAD], 2.0)
    lite = pd.DataFrame([frames.PLACE | {"architecture": "Regular", "format": "int8"} | times])
    empty = arms.deployed_table({Arm("stripes", "0.5", "Regular", "1"): {"formats": {}}}, lite)
    assert (len(empty), empty.columns.tolist()) == (0, arms.DEPLOYED)
    own = {"accuracy": 0.5, "agreement": 1.0}
    formats = {"float32": own | {"bytes": 100}, "int8": own | {"bytes": 2}}
    conversions = {Arm("stripes", "0.5", name, "2"): {"formats": formats} for name in frames.NAMES}
    table = arms.deployed_table(conversions, lite)
    assert table["bytes"].tolist() == [100, 2, 100, 2]
    assert table["lite_share"].isna().tolist() == [True, False, True, True]
    assert table.iloc[1].to_dict() == {
        "dataset": "stripes", "width": "0.5", "architecture": "Regular", "seed": "2", "format": "int8", "bytes": 2,
        "accuracy": 0.5, "agreement": 1.0, **times,
    }  # fmt: skip


@pytest.mark.parametrize(("device", "said"), [("cpu", "A processor"), ("A card", "A card")])
def test_times_are_of_what_computed(device: str, said: str) -> None:
    """The processor is beside a GPU too."""
    assert arms.hardware({"device": device, "processor": "A processor"}) == said
