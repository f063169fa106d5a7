import pytest

from dscnn import markdown


@pytest.mark.parametrize(("header", "rows"), [(["a", "b"], [["1", "2"]]), (["a"], [])])
def test_a_table_has_a_rule_and_equal_columns(header: list[str], rows: list[list[str]]) -> None:
    """Header, rule, rows."""
    lines = markdown.table(header, rows).splitlines()
    assert len(lines) == 2 + len(rows)
    assert {line.count("|") for line in lines} == {len(header) + 1}
