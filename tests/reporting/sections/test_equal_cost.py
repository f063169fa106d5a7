import math
from typing import Any

import pandas as pd

from dscnn.reporting.sections import equal_cost

ROW: dict[str, Any] = {
    "dataset": "d", "cost": "macs", "base": "A", "base_width": "0.5", "architecture": "B", "at": 10_000_000,
    "difference": 0.012, "low": 0.006, "high": 0.018, "p": 0.003, "verdict": "more", "within_margin": False, "seeds": 3,
    "base_seeds": 3,
}  # fmt: skip


def test_a_sentence_says_cost_and_difference() -> None:
    """And the width of the network that has this cost."""
    assert equal_cost.sentence(ROW, 1.0) == (
        "At 10.0 M multiply-adds (A at width 0.5) B is more accurate than A: +1.20 (+0.60 to +1.80) points."
    )
    unknown = ROW | {"verdict": "unknown", "low": -0.02}
    assert "B and A cannot be told apart: +1.20 (-2.00 to +1.80) points." in equal_cost.sentence(unknown, 1.0)
    one = ROW | {"low": math.nan, "high": math.nan, "p": math.nan, "verdict": "unknown"}
    assert equal_cost.sentence(one, 1.0) == (
        "At 10.0 M multiply-adds (A at width 0.5) B differs by +1.20 points; nothing is known of chance."
    )


def test_the_table_has_each_cost_in_its_unit() -> None:
    """What one of the others does not reach is not measured."""
    rows = pd.DataFrame(
        [
            ROW,
            ROW | {"architecture": "C", "cost": "parameters", "at": 12_345},
            ROW | {"cost": "train_seconds", "at": 12.34},
            ROW | {"cost": "image_ms", "at": 1.5},
        ]
    )
    assert equal_cost.table(rows).splitlines() == [
        "| minus A, at equal | B | C |",
        "| :-- | --: | --: |",
        "| 10.0 M multiply-adds (width 0.5) | +1.20 (+0.60 to +1.80), p 0.003 | not measured |",
        "| 12.3 k parameters (width 0.5) | not measured | +1.20 (+0.60 to +1.80), p 0.003 |",
        "| 12.3 s of training (width 0.5) | +1.20 (+0.60 to +1.80), p 0.003 | not measured |",
        "| 1.50 ms for one image (width 0.5) | +1.20 (+0.60 to +1.80), p 0.003 | not measured |",
    ]


def test_the_first_architecture_is_compared_with() -> None:
    """Wherever its rows are. Sentences are of work and train time; other pairs are in stage compare's table alone."""
    networks = pd.DataFrame({"architecture": ["A", "B"]})
    rows = pd.DataFrame([ROW | {"base": "B", "architecture": "A"}, ROW, ROW | {"cost": "parameters", "at": 1000}])
    mine = equal_cost.with_first(rows, networks)
    assert equal_cost.sentences(mine, 1.0) == [f"- {equal_cost.sentence(ROW, 1.0)}"]
    table, about = equal_cost.details(mine)
    assert len(table.splitlines()) == 4
    assert "Holm" in about
    assert equal_cost.with_first(rows[:1], networks).empty
    assert equal_cost.sentences(mine[1:], 1.0) == [], "none of its multiply-adds lie between those of the other"


def test_the_fronts_by_hand() -> None:
    """B is better and cheaper by multiply-adds; A answers sooner, so both are on that front. Two widths are named."""
    networks = pd.DataFrame(
        {
            "architecture": ["A", "B"], "width": ["1", "1"], "accuracy": [0.8, 0.9], "macs": [2, 1],
            "train_seconds": [1, 1], "parameters": [1, 2], "image_ms": [1.0, 2.0],
            "image_by": "Keras",
        }
    )  # fmt: skip
    said, lines = equal_cost.fronts(networks)
    assert said.endswith("by mean accuracy and median time; small differences may be chance:")
    assert lines.splitlines() == [
        "- by multiply-adds: B", "- by train time: B", "- by parameters: A, B",
        "- by time for one image (Keras): A, B",
    ]  # fmt: skip
    _, lines = equal_cost.fronts(networks.assign(width=["0.5", "1"]))
    assert lines.splitlines()[2] == "- by parameters: A x0.5, B x1"


def test_the_verdicts_count_the_comparisons() -> None:
    """With the range of the differences, and the ends of the widest intervals; then what they rest on."""
    rows = pd.DataFrame(
        [
            ROW,
            ROW | {"difference": 0.02, "high": 0.03},
            ROW | {"verdict": "unknown", "difference": -0.001, "low": -0.02, "high": 0.018},
            ROW | {"cost": "image_ms", "verdict": "alike", "difference": 0.001, "low": -0.002, "high": 0.004},
        ]
    )
    said, evidence = equal_cost.verdicts(rows, "of 2 epochs", "of a fast one")
    assert said == (
        "- **B instead of A, at equal cost**: at equal multiply-adds more accurate at 2 of 3 widths, no difference"
        " shown at 1 of 3 widths (estimates from -0.10 to +2.00, intervals from -2.00 to +3.00 points); at equal train"
        " time nothing could be compared; at equal time for one image alike at 1 of 1 width (estimate +0.10, interval"
        " -0.20 to +0.40 points)."
    )
    assert evidence == (
        "- The evidence: 3 training runs of each network, of 2 epochs. Intervals are 95%, over training runs on these"
        " test images alone; costs are taken as exact. Times are of a fast one."
    )
    one = ROW | {"low": math.nan, "high": math.nan, "verdict": "unknown", "seeds": 1, "base_seeds": 1}
    said, evidence = equal_cost.verdicts(pd.DataFrame([one]), "of 2 epochs", "of a fast one")
    assert "no difference shown at 1 of 1 width (estimate +1.20 points);" in said
    assert evidence.startswith("- The evidence: 1 training run of each network, of 2 epochs.")
