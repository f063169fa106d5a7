"""The parts of a difference, against numbers worked out from tests/timed.py by hand."""

import copy
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest

from dscnn.reporting.tables import decomposition, intervals
from frames import BENCHMARKS, KEY, NAMES, OWN
from timed import RECORD, architecture, layer, timing


def by_part(record: dict[str, Any] = RECORD) -> dict[str, tuple[float, float, float]]:
    return {part: tuple(found) for part, found in decomposition.parts(record, "Regular", "Separable")}


def test_the_parts_by_hand() -> None:
    """Separable's step takes 250 instead of 400 ms.

    In ms: FLOPs at the machine's rate are 6 + 240 + 6 (pooling has none here) against 6 + 12 + 24; bytes add 30 for
    the pooling of both, and 18 and 6 for the halves. Beyond the bound are 60 of the convolution, 90 and 30 of the
    halves; the first convolution and the pooling are the same. Layers sum to 362 and 242 ms.
    """
    expected = {
        "step": -150, "multiply-adds": 36 - 240, "bytes": 18 + 6, "depthwise kernels": 90, "pointwise kernels": 30,
        "convolution kernels": -60, "other kernels": 0, "the rest of the step": (250 - 242) - (400 - 362),
    }  # fmt: skip
    found = by_part()
    assert {part: 1e3 * value for part, (value, *_) in found.items()} == pytest.approx(expected)
    assert found["multiply-adds"][0] == found["multiply-adds"][1] == found["multiply-adds"][2], "counted"
    value, low, high = found["depthwise kernels"]
    assert (low, high) == pytest.approx((value - 0.012, value + 0.012)), "a tenth of its 120 ms"


def test_the_parts_add_up() -> None:
    """To the difference of the steps, whatever the times; so do their ends of bars."""
    chance = np.random.default_rng(3)
    record = copy.deepcopy(RECORD)
    for own in record["architectures"].values():
        for row in (*own["layers"], own):
            key = "training_seconds" if row is not own else "training_step"
            row[key]["rounds"] = [float(value) for value in chance.lognormal(-3, 1, 7)]
    found = by_part(record)
    step = found.pop("step")[0]
    assert sum(value for value, *_ in found.values()) == pytest.approx(step)
    table = decomposition.table({KEY: record}, OWN)
    first, *rest = table.to_dict("records")
    assert (rest[0]["start"], rest[-1]["end"]) == pytest.approx((first["start"], first["end"]), rel=1e-3)
    for before, after in pairwise(rest):
        assert before["end"] == after["start"]


def test_layers_that_both_have_cancel_out() -> None:
    """Their noise is the same, since they were timed once; a part in which nothing differs is left out."""
    record = copy.deepcopy(RECORD)
    for own in record["architectures"].values():
        for row in own["layers"]:
            if row["name"] == "block1_pool":
                row["training_seconds"]["rounds"] = [0.01, 0.05, 0.09, 0.02, 0.4]
    assert by_part(record)["other kernels"] == pytest.approx((0, 0, 0))
    assert "other kernels" not in set(decomposition.table({KEY: record}, OWN)["part"])


def test_noise_widens_the_interval_of_its_part_alone() -> None:
    """Three of five rounds of the depthwise half were disturbed."""
    record = copy.deepcopy(RECORD)
    row = record["architectures"]["Separable"]["layers"][1]
    row["training_seconds"]["rounds"] = [0.12, 0.3, 0.12, 0.4, 0.5]
    calm, noisy = by_part(), by_part(record)
    wide = [part for part in calm if noisy[part][2] - noisy[part][1] > calm[part][2] - calm[part][1] + 0.01]
    assert wide == ["depthwise kernels", "the rest of the step"]


def test_the_difference_of_steps_is_told_from_none_where_their_ratio_is_told_from_one() -> None:
    """Both are round by round. Here two of eleven rounds differ the other way, and the machine slows down meanwhile."""
    record = copy.deepcopy(RECORD)
    own = record["architectures"]
    base = [10.0, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30]
    other = [each - 12 if each in (16, 18) else each + 1 for each in base]
    for name, rounds in (("Regular", base), ("Separable", other)):
        own[name]["training_step"]["rounds"] = rounds
    assert by_part(record)["step"] == pytest.approx((1, 1, 1))
    assert intervals.ratio(other, base).low > 1


def test_the_first_row_has_the_median_of_the_ratios_of_the_rounds() -> None:
    """By hand 0.4, 0.5, 0.5, 0.5 and 0.6 of the step of the base, as in the table of shares; the medians are 0.6 and 1.

    The parts have none.
    """
    record = copy.deepcopy(RECORD)
    for name, rounds in (("Regular", [1.0, 2.0, 1.0, 2.0, 1.0]), ("Separable", [0.4, 1.0, 0.5, 1.0, 0.6])):
        record["architectures"][name]["training_step"]["rounds"] = rounds
    first, *others = decomposition.table({KEY: record}, OWN).to_dict("records")
    assert (first["part"], first["start"], first["end"], first["ratio"]) == ("step", 1.0, 0.6, 0.5)
    assert all(np.isnan(row["ratio"]) for row in others)


def test_every_pair_has_its_rows() -> None:
    """The earlier architecture of params.yaml is the base; a pair of equals differs in nothing but the first row."""
    record = copy.deepcopy(RECORD)
    record["architectures"]["Third"] = copy.deepcopy(record["architectures"]["Separable"])
    table = decomposition.table({KEY: record}, {KEY: [*NAMES, "Third"]})
    pairs = table[["base", "architecture"]].drop_duplicates().itertuples(index=False)
    assert [tuple(pair) for pair in pairs] == [*combinations([*NAMES, "Third"], 2)]
    equal = table[table["base"] == "Separable"].to_dict("records")
    assert [row["part"] for row in equal] == ["step"]
    assert (equal[0]["seconds"], equal[0]["low"], equal[0]["high"]) == pytest.approx((0, 0, 0))


def test_two_experiments_stand_in_one_table() -> None:
    """Each with its own numbers."""
    other = copy.deepcopy(RECORD)
    other["architectures"]["Regular"] = architecture(1.0, [layer("block1_conv1", "Conv2D", 10**6, 10**5, 0.012)])
    other["architectures"]["Regular"]["training_step"] = timing(1.0)
    table = decomposition.table(BENCHMARKS | {("stripes", "1"): other}, OWN | {("stripes", "1"): NAMES})
    steps = table[table["part"] == "step"]
    assert steps["width"].tolist() == ["0.5", "1"]
    assert steps["seconds"].tolist() == [-0.15, -0.75]
