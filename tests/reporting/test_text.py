import html
import re

import pandas as pd
import pytest

from dscnn.reporting import page, text


@pytest.mark.parametrize(("header", "rows"), [(["a", "b"], [["1", "2"]]), (["a"], [])])
def test_a_table_has_a_rule_and_equal_columns(header: list[str], rows: list[list[str]]) -> None:
    """Header, rule and rows have as many cells."""
    lines = text.table(header, rows).splitlines()
    assert len(lines) == 2 + len(rows)
    assert {line.count("|") for line in lines} == {len(header) + 1}


def test_a_table_by_hand() -> None:
    """The first column is left, the others are right."""
    assert text.table(["", "a", "b"], [["x", "1", "2"]]) == "|  | a | b |\n| :-- | --: | --: |\n| x | 1 | 2 |"


def test_a_bar_in_a_cell_is_no_border() -> None:
    """Of a class called so, say; a reader of Markdown shows it as it was."""
    written = text.table(["class", "A|B"], [["cat|dog", "1"]])
    assert written.splitlines()[2] == r"| cat\|dog | 1 |"
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", str(page.markdown([written])))
    assert cells == ["class", "A|B", "cat|dog", "1"]


def test_rows_of_a_frame_are_dictionaries() -> None:
    """The keys are the names of the columns, as text."""
    assert text.records(pd.DataFrame({"a": [1, 2], 5: ["x", "y"]})) == [{"a": 1, "5": "x"}, {"a": 2, "5": "y"}]


@pytest.mark.parametrize(
    ("value", "count", "said"),
    [
        (0.01234, 3, "0.0123"),
        (0.0999, 2, "0.10"),
        (0.35, 3, "0.350"),
        (1.0612, 3, "1.06"),
        (8.0, 3, "8.00"),
        (17.34, 3, "17.3"),
        (42.04, 3, "42.0"),
        (99.96, 3, "100"),
        (999.4, 3, "999"),
        (999.7, 3, "1,000"),
        (2614, 3, "2,610"),
        (1_234_567, 3, "1,230,000"),
        (95, 2, "95"),
        (99.7, 2, "100"),
        (0, 3, "0"),
        (-2614, 3, "-2,610"),
    ],
)
def test_a_number_has_as_many_digits_as_asked_for(value: float, count: int, said: str) -> None:
    """Zeros count, thousands stand apart, and none ends in a point or is written with an exponent."""
    assert text.digits(value, count) == said


def test_numbers_have_their_units() -> None:
    """Each has three digits, but a ratio that is not 1 does not read as 1."""
    assert text.times(0.23612) == "0.236x"
    assert text.times(1.1) == "1.10x"
    ratios = {1: "1x", 1.002: "1.002x", 0.9996: "0.9996x", 1.00004: "1.00004x", 1.01: "1.01x", 0.995: "0.995x"}
    assert {ratio: text.times(ratio) for ratio in ratios} == ratios
    assert text.milliseconds(0.0173456) == "17.3 ms"
    assert text.milliseconds(12.3456) == "12,300 ms"


@pytest.mark.parametrize("name", ["*a", "_b_", "`c`", "[d](e)", "<f>", "g&amp;", "h\\", "plain"])
def test_a_name_is_shown_as_it_is(name: str) -> None:
    """Markdown has other uses for some characters."""
    shown = str(page.markdown([f"A {text.escaped(name)} and {text.escaped(name)}"]))
    assert html.unescape(re.sub("<[^>]*>", "", shown)).strip() == f"A {name} and {name}"


def test_counts_of_things() -> None:
    """Of one number, or from one to another."""
    assert [text.counted(count, "seed") for count in (0, 1, 1200)] == ["0 seeds", "1 seed", "1,200 seeds"]
    assert [text.counted(text.span(each), "seed") for each in ([1, 1], [1, 3])] == ["1 seed", "1 to 3 seeds"]


def test_a_list_in_words() -> None:
    """Anything can be listed."""
    assert text.listed([512, "a", 0.5]) == "512, a, 0.5"
    assert text.listed([]) == ""


@pytest.mark.parametrize(("counts", "said"), [([360, 360], "360"), ([5000, 12], "12 to 5,000")])
def test_a_span_is_one_number_when_all_are_equal(counts: list[int], said: str) -> None:
    """Otherwise it is the smallest and the largest."""
    assert text.span(counts) == said
