import pandas as pd

from dscnn.reporting.figures import places

TABLE = pd.DataFrame(
    [
        {"dataset": dataset, "width": width, "architecture": name}
        for dataset in ("d", "e")
        for width in ("1", "0.5")
        for name in ("B", "A")
    ]
)


def said(grid: places.Grid) -> list[list[tuple[tuple[str, ...], str, int]]]:
    return [[(panel.place, panel.title, len(panel.rows)) for panel in row] for row in grid]


def test_a_panel_for_each_data_set_and_width() -> None:
    """In the order of the table, side by side."""
    assert said(places.by_width(TABLE)) == [
        [
            (("d", "1"), "d, width 1", 2), (("d", "0.5"), "d, width 0.5", 2),
            (("e", "1"), "e, width 1", 2), (("e", "0.5"), "e, width 0.5", 2),
        ]
    ]  # fmt: skip


def test_a_panel_for_each_data_set() -> None:
    """With all of its widths."""
    assert said(places.by_dataset(TABLE)) == [[(("d",), "d", 4), (("e",), "e", 4)]]


def test_a_panel_for_each_network() -> None:
    """A row a data set and width."""
    grid = said(places.by_network(TABLE))
    assert len(grid) == 4
    assert grid[1] == [(("d", "0.5"), "B, d, width 0.5", 1), (("d", "0.5"), "A, d, width 0.5", 1)]
    assert places.by_network(TABLE[:0]) == []
