import re
from pathlib import Path

import pandas as pd
import pytest

import frames
from dscnn.core import files
from dscnn.core.paths import Arm
from dscnn.core.stage import Problem
from dscnn.reporting.tables import classes
from frames import CONFUSION, PREDICTIONS


@pytest.mark.usefixtures("folder")
def test_predictions_are_those_of_each_arm() -> None:
    """As stage evaluate wrote them."""
    experiment = frames.write_all()
    found = classes.predictions(experiment)
    assert list(found) == experiment
    for arm, rows in found.items():
        pd.testing.assert_frame_equal(rows, PREDICTIONS[arm])


@pytest.mark.usefixtures("folder")
def test_arms_scored_on_other_images_are_not_compared() -> None:
    """The file is named, and the one that it differs from; so is one that is missing."""
    experiment = frames.write_all()
    path = experiment[-1].predictions
    files.write_csv(path, [{"label": 0, "predicted": 0}])
    first = experiment[0].predictions
    with pytest.raises(Problem, match=f"^{re.escape(f'{path} has other test images than {first}')}$"):
        classes.predictions(experiment)
    Path(path).unlink()
    with pytest.raises(Problem, match=f"^{re.escape(str(path))} is missing: 'dvc repro' makes it$"):
        classes.predictions(experiment)


def test_right_is_where_the_label_was_predicted() -> None:
    found = classes.right(PREDICTIONS)
    assert [int(each.sum()) for each in found.values()] == [15, 22, 12, 9, 15, 12]
    assert found[Arm("stripes", "0.5", "Regular", "1")].tolist() == [True] * 15 + [False] * 15


def test_the_confusion_by_hand() -> None:
    """Of Regular's 10 images of class low 5, 8 and 4 are right (images 0, 3, ... below 15, 22, 12), others middle."""
    rows = CONFUSION[CONFUSION["architecture"] == "Regular"].set_index(["label", "predicted"])
    assert rows.loc[("low", "low"), "images"] == pytest.approx(17 / 3, rel=1e-3)
    assert rows.loc[("low", "low"), "share"] == pytest.approx(17 / 30, rel=1e-3)
    assert rows.loc[("low", "middle"), "share"] == pytest.approx(13 / 30, rel=1e-3)
    assert rows.loc[("low", "high"), "images"] == 0
    assert rows.loc[("high", "low"), "share"] == pytest.approx(1 - (5 + 7 + 4) / 30, rel=1e-3), "images 2, 5, ..."
    assert len(rows) == 9
    assert rows.groupby("label")["share"].sum().tolist() == pytest.approx([1, 1, 1], rel=1e-3)


def test_a_class_without_test_images_has_no_share() -> None:
    """It is empty, not zero."""
    table = classes.confusion_table(PREDICTIONS, {"stripes": ["low", "middle", "high", "none"]})
    assert table[table["label"] == "none"]["share"].isna().all()
    assert (table[table["label"] != "none"]["share"].notna()).all()


def test_the_accuracy_on_each_class_by_hand() -> None:
    """Regular has 17 of 30 right of the class low; of more classes than asked for, the largest differences are kept."""
    shares = classes.by_class(CONFUSION)
    assert list(shares.columns) == ["Regular", "Separable"]
    assert list(shares.index) == ["low", "middle", "high"]
    assert shares.loc["low"].tolist() == [0.5667, 0.4]
    assert list(classes.by_class(CONFUSION, most=1).index) == [(shares["Regular"] - shares["Separable"]).idxmax()]
