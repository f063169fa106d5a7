import pandas as pd
import pytest

from dscnn.reporting.sections import breakeven
from dscnn.reporting.tables.breakeven import breakeven_table
from swept import SWEPT

INTERVALS = {"<": (0.5, 0.9), ">": (1.1, 1.5), "=": (0.9, 1.1)}
TABLE = breakeven_table({"stripes": SWEPT}, {"stripes": ["Regular", "Separable"]}).astype({"threads": str})


def rows(marks: str) -> pd.DataFrame:
    """Return rows at widths 0.25, 0.5, 1 and so on of one that is faster (<), slower (>) or neither (=)."""
    low, high = zip(*(INTERVALS[mark] for mark in marks), strict=True)
    return pd.DataFrame({"value": [0.25 * 2**i for i in range(len(marks))], "low": low, "high": high})


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ("<<<", "faster at all of them"),
        (">>>", "slower at all of them"),
        ("===", "not told apart at all of them"),
        ("<", "faster"),
        (">", "slower"),
        ("=", "not told apart"),
        (">><", "faster at 1; slower at 0.25 and 0.5"),
        ("=<<", "faster at 0.5 and 1; not told apart at 0.25"),
        (">=<", "faster at 1; slower at 0.25; not told apart at 0.5"),
        ("<>>", "faster at 0.25; slower at 0.5 and 1"),
        ("<==", "faster at 0.25; not told apart at 0.5 and 1"),
        (">==", "slower at 0.25; not told apart at 0.5 and 1"),
        ("==>", "slower at 1; not told apart at 0.25 and 0.5"),
        ("<><", "faster at 0.25 and 1; slower at 0.5"),
        ("<=<", "faster at 0.25 and 1; not told apart at 0.5"),
        ("=>=", "slower at 0.5; not told apart at 0.25 and 1"),
        ("=<>=", "faster at 0.5; slower at 1; not told apart at 0.25 and 2"),
        ("=<<<<", "faster at 0.5, 1, 2 and 4; not told apart at 0.25"),
        ("><<<<<", "faster at 0.5 to 8, 5 values; slower at 0.25"),
        ("<<<=<<", "faster at 0.25, 0.5, 1, 4 and 8; not told apart at 2"),
        ("<<<<<<", "faster at all of them"),
    ],
)
def test_the_intervals_alone_decide_the_words(marks: str, said: str) -> None:
    """All cases, whatever the ratios are, and in whatever order the rows stand."""
    for each in (rows(marks), rows(marks)[::-1]):
        assert breakeven.where(each) == said


def test_an_interval_that_ends_at_one_holds_it() -> None:
    """So the two cannot be told apart."""
    for low, high in ((0.5, 1.0), (1.0, 1.5)):
        assert breakeven.where(pd.DataFrame({"value": [16], "low": [low], "high": [high]})) == "not told apart"


def test_the_section_by_hand() -> None:
    """It says where and against what; then a row a direction and axis. The details have what was held, and ratios."""
    said, places = breakeven.section(TABLE)
    held, table, end = breakeven.details(TABLE)
    assert said == (
        "Where is each network faster than Regular on this machine (A fast one, 2 threads)? Times are of a training"
        " step, and of inference of a batch and of one image, by Keras. One image of a small network by Keras is mostly"
        " the cost of the call; *The answer* times it by TensorFlow Lite where networks were converted to it in"
        " float32. What lies between or beyond the values in brackets was not measured. *Not told apart*: the interval"
        " of the ratio contains 1; it may still be wide. Where there is no difference, about one comparison in 20 is"
        " called faster or slower by chance: nothing is corrected for their number."
    )
    widths, sizes = "faster at 1; slower at 0.25; not told apart at 0.5", "faster at 4; not told apart at 16"
    assert places.splitlines() == [
        "| against Regular, in float32 | Separable |",
        "| :-- | --: |",
        f"| training by width (0.25, 0.5, 1) | {widths} |",
        f"| training by batch size (4, 16) | {sizes} |",
        f"| a batch by width (0.25, 0.5, 1) | {widths} |",
        f"| a batch by batch size (4, 16) | {sizes} |",
        f"| one image (Keras) by width (0.25, 0.5, 1) | {widths} |",
    ]
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
    assert end.endswith("plots/breakeven.csv has all ratios, those of inference too.")


def test_each_architecture_has_its_column_and_each_precision_its_table() -> None:
    """The ratios are in one table; one thread is no threads."""
    other = TABLE[TABLE["architecture"] == "Separable"].assign(architecture="Both", low=0.1, high=0.2)
    both = pd.concat([TABLE, other])
    both = pd.concat([both, both.assign(precision="mixed_bfloat16", low=2.0, high=3.0)]).assign(threads="1")
    (said, first, second), (_, table, _) = breakeven.section(both), breakeven.details(both)
    assert "(A fast one, 1 thread)" in said
    sizes = "training by batch size (4, 16)"
    assert first.splitlines()[0] == "| against Regular, in float32 | Separable | Both |"
    assert first.splitlines()[3] == f"| {sizes} | faster at 4; not told apart at 16 | faster at all of them |"
    assert second.splitlines()[0] == "| against Regular, in mixed_bfloat16 | Separable | Both |"
    assert second.splitlines()[3] == f"| {sizes} | slower at all of them | slower at all of them |"
    assert table.splitlines()[0] == (
        "| a training step at | Separable, float32 | Both, float32 | Separable, mixed_bfloat16 | Both, mixed_bfloat16 |"
    )
    assert table.splitlines()[2] == (
        "| width 0.25 | 1.50 (1.35 to 1.65) | 1.50 (0.10 to 0.20) | 1.50 (2.00 to 3.00) | 1.50 (2.00 to 3.00) |"
    )


def test_many_values_are_named_by_the_first_the_last_and_how_many() -> None:
    """So that a row of the table stays short; whatever their order is, and one value is that value."""
    row = TABLE[(TABLE["architecture"] == "Separable") & (TABLE["direction"] == "training")].iloc[:1]
    for values, said in (([1.0], "1"), ([4.0, 1.0, 3.0, 2.0], "1, 2, 3, 4"), ([8, 4, 2, 1, 16], "1 to 16, 5 values")):
        swept = pd.concat([row.assign(value=value) for value in values])
        assert f"| training by width ({said}) |" in breakeven.places(swept, "Regular")


def test_with_nothing_to_compare_there_is_no_section() -> None:
    """One architecture has no other."""
    assert breakeven.section(TABLE[TABLE["architecture"] == "Regular"]) == []
