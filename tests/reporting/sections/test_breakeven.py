import pandas as pd
import pytest

from dscnn.reporting.sections import breakeven
from dscnn.reporting.tables.breakeven import breakeven_table
from swept import SWEPT

INTERVALS = {"<": (0.5, 0.9), ">": (1.1, 1.5), "=": (0.9, 1.1)}
TABLE = breakeven_table({"stripes": SWEPT}, {"stripes": ["Regular", "Separable"]}).astype({"threads": str})
MEASURED = "(measured: 0.25 to 1)"
ALIKE = "the two cannot be told apart"


def rows(marks: str) -> pd.DataFrame:
    """Return rows at widths 0.25, 0.5 and 1, or as many, of an architecture that is faster (<), slower (>) or alike."""
    low, high = zip(*(INTERVALS[mark] for mark in marks), strict=True)
    return pd.DataFrame({"value": [0.25, 0.5, 1.0, 2.0][: len(marks)], "low": low, "high": high})


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ("<<<", "B trains faster than A at every width measured (0.25 to 1)."),
        (">>>", "B trains slower than A at every width measured (0.25 to 1)."),
        ("===", "B cannot be told apart from A in training at any width measured (0.25 to 1)."),
        ("<", "B trains faster than A at width 0.25, the only one measured."),
        ("=", "B cannot be told apart from A in training at width 0.25, the only one measured."),
        (">><", f"B trains faster than A from width 1 on {MEASURED}; slower up to width 0.5."),
        ("=<<", f"B trains faster than A from width 0.5 on {MEASURED}; {ALIKE} at width 0.25."),
        (">=<", f"B trains faster than A from width 1 on {MEASURED}; slower up to width 0.25; {ALIKE} at width 0.5."),
        ("<>>", f"B trains faster than A up to width 0.25 {MEASURED}; slower from width 0.5 on."),
        ("<==", f"B trains faster than A up to width 0.25 {MEASURED}; {ALIKE} at widths 0.5 and 1."),
        (">==", f"B trains slower than A up to width 0.25 {MEASURED}; {ALIKE} at widths 0.5 and 1."),
        ("==>", f"B trains slower than A from width 1 on {MEASURED}; {ALIKE} at widths 0.25 and 0.5."),
        ("<><", f"B trains faster than A at widths 0.25 and 1 {MEASURED}; slower at width 0.5."),
        ("<=<", f"B trains faster than A at widths 0.25 and 1 {MEASURED}; {ALIKE} at width 0.5."),
        ("=>=", f"B trains slower than A at width 0.5 {MEASURED}; {ALIKE} at widths 0.25 and 1."),
        (
            "=<>=",
            "B trains faster than A at width 0.5 (measured: 0.25 to 2); slower at width 1;"
            f" {ALIKE} at widths 0.25 and 2.",
        ),
    ],
)  # fmt: skip
def test_the_intervals_alone_decide_the_words(marks: str, said: str) -> None:
    """All cases, whatever the ratios are, and in whatever order the rows stand."""
    for each in (rows(marks), rows(marks)[::-1]):
        assert breakeven.verdict("B", "A", "training", "width", each) == said


def test_an_interval_that_ends_at_one_holds_it() -> None:
    """So the two cannot be told apart."""
    for low, high in ((0.5, 1.0), (1.0, 1.5)):
        own = pd.DataFrame({"value": [16], "low": [low], "high": [high]})
        said = breakeven.verdict("B", "A", "one image", "side", own)
        assert said == (
            "B cannot be told apart from A in inference of one image at side 16, the only one measured."
        )  # fmt: skip


def test_the_section_by_hand() -> None:
    """It opens with where and how; then a sentence a direction and axis, what was held, and a table."""
    (said,) = breakeven.section(TABLE)
    held, table, end = breakeven.details(TABLE)
    widths = (
        "from width 1 on (measured: 0.25 to 1); slower up to width 0.25; the two cannot be told apart at width 0.5."
    )
    sizes = "up to batch size 4 (measured: 4 to 16); the two cannot be told apart at batch size 16."
    assert said == (
        "On this machine (A fast one, float32, 2 threads) Separable"
        f" trains faster than Regular {widths} It trains faster than Regular {sizes}"
        f" It answers a batch faster than Regular {widths} It answers a batch faster than Regular {sizes}"
        f" It answers one image faster than Regular {widths}"
    )
    assert held.startswith(
        "Varied were width at batch size 16 and 8 x 8 pixels, batch size at width 0.5 and 8 x 8 pixels. These are"
    )
    assert table.splitlines() == [
        "| a training step at | Separable, float32 |",
        "| :-- | --: |",
        "| width 0.25 | 1.50 (1.35 to 1.65) |",
        "| width 0.5 | 1.00 (0.90 to 1.10) |",
        "| width 1 | 0.50 (0.45 to 0.55) |",
        "| batch size 4 | 0.50 (0.45 to 0.55) |",
        "| batch size 16 | 1.00 (0.90 to 1.10) |",
    ]
    assert "was not measured" in end


def test_each_architecture_and_precision_has_its_paragraph_and_its_column() -> None:
    """One thread is no threads."""
    other = TABLE[TABLE["architecture"] == "Separable"].assign(architecture="Both")
    both = pd.concat([TABLE, other])
    both = pd.concat([both, both.assign(precision="mixed_bfloat16")]).assign(threads="1")
    said, (_, table, _) = breakeven.section(both), breakeven.details(both)
    assert [each.partition(" trains")[0] for each in said] == [
        f"On this machine (A fast one, {precision}, 1 thread) {name}"
        for precision in ("float32", "mixed_bfloat16")
        for name in ("Separable", "Both")
    ]
    assert table.splitlines()[2].count("1.50 (1.35 to 1.65)") == 4


def test_with_nothing_to_compare_there_is_no_section() -> None:
    """One architecture has no other."""
    assert breakeven.section(TABLE[TABLE["architecture"] == "Regular"]) == []
