import copy
from typing import Any

import pytest

from dscnn.core.stage import Problem
from dscnn.reporting.tables import breakeven
from swept import SWEPT

TABLE = breakeven.breakeven_table({"stripes": SWEPT}, {"stripes": ["Regular", "Separable"]})


def test_the_rows_by_hand() -> None:
    """By axis and rising value; one image has no batch size; the base stands on both axes."""
    rows = TABLE[(TABLE["architecture"] == "Separable") & (TABLE["direction"] != "inference")]
    assert rows[["axis", "value", "direction", "seconds", "ratio"]].to_numpy().tolist() == [
        ["width", 0.25, "training", 0.3, 1.5],
        ["width", 0.25, "one image", 0.003, 1.5],
        ["width", 0.5, "training", 0.2, 1.0],
        ["width", 0.5, "one image", 0.002, 1.0],
        ["width", 1.0, "training", 0.1, 0.5],
        ["width", 1.0, "one image", 0.001, 0.5],
        ["batch_size", 4.0, "training", 0.1, 0.5],
        ["batch_size", 16.0, "training", 0.2, 1.0],
    ]
    assert len(TABLE) == 2 * (3 * 3 + 2 * 2)
    assert list(TABLE["held"].unique()) == ["batch size 16 and 8 x 8 pixels", "width 0.5 and 8 x 8 pixels"]
    assert set(zip(TABLE["hardware"], TABLE["threads"], TABLE["precision"], strict=True)) == {
        ("A fast one", 2, "float32")
    }


def test_the_interval_is_over_the_rounds() -> None:
    """With five rounds, 95 % of the medians of resamples reach from the least ratio to the greatest."""
    for row in TABLE[TABLE["architecture"] == "Separable"].to_dict("records"):
        assert row["low"] == pytest.approx(0.9 * row["ratio"], rel=1e-3)
        assert row["high"] == pytest.approx(1.1 * row["ratio"], rel=1e-3)
    base = TABLE[TABLE["architecture"] == "Regular"]
    assert (base[["ratio", "low", "high"]] == 1).all(axis=None)


def test_what_slows_down_a_round_cancels_out() -> None:
    """Both architectures take three times as long in one round: the ratios stay, as they are taken round by round."""
    slow: dict[str, Any] = copy.deepcopy(SWEPT)
    for point in slow["points"]:
        for own in point["architectures"].values():
            for timing in own.values():
                timing["rounds"][1] *= 3
    made = breakeven.breakeven_table({"stripes": slow}, {"stripes": ["Regular", "Separable"]})
    assert made.equals(TABLE)


def test_each_direction_has_its_own_ratio() -> None:
    """Separable takes twice as long in inference as before; training and one image stay."""
    twice: dict[str, Any] = copy.deepcopy(SWEPT)
    for point in twice["points"]:
        own = point["architectures"]["Separable"]["inference"]
        own["rounds"] = [2 * seconds for seconds in own["rounds"]]
    made = breakeven.breakeven_table({"stripes": twice}, {"stripes": ["Regular", "Separable"]})
    factor = (made["ratio"] / TABLE["ratio"]).round(6)
    changed = (made["architecture"] == "Separable") & (made["direction"] == "inference")
    assert (factor == changed.map({True: 2.0, False: 1.0})).all()


def test_precisions_follow_each_other_on_an_axis() -> None:
    """In the order in which they were measured, each with its rising values."""
    more = copy.deepcopy(SWEPT)
    more["points"] = [point | {"precision": name} for name in ("mixed_bfloat16", "float32") for point in more["points"]]
    made = breakeven.breakeven_table({"stripes": more}, {"stripes": ["Regular"]})
    rows = made[(made["axis"] == "width") & (made["direction"] == "training")]
    assert rows["precision"].tolist() == ["mixed_bfloat16"] * 3 + ["float32"] * 3
    assert rows["value"].tolist() == [0.25, 0.5, 1] * 2


def test_without_points_there_is_a_head() -> None:
    """All axes may be left out."""
    made = breakeven.breakeven_table({"stripes": SWEPT | {"points": []}}, {"stripes": ["Regular"]})
    assert (len(made), list(made)) == (0, breakeven.COLUMNS)


def test_an_architecture_that_was_not_timed_is_an_error() -> None:
    """It is never a gap in the table; the file is named."""
    with pytest.raises(Problem, match=r"^metrics/breakeven/stripes\.json: .*KeyError: 'Other'"):
        breakeven.breakeven_table({"stripes": SWEPT}, {"stripes": ["Regular", "Other"]})
