"""Which panels a figure has: one for each data set, data set and width, or network."""

from typing import NamedTuple

import pandas as pd


class Panel(NamedTuple):
    """A panel of a figure: its data set, and width if that does not vary in it; its title; its rows of the table."""

    place: tuple[str, ...]
    title: str
    rows: pd.DataFrame


Grid = list[list[Panel]]  # rows of panels


def by_width(table: pd.DataFrame) -> Grid:
    """Return a panel for each data set and width, side by side."""
    return [[_panel(place, rows) for place, rows in _groups(table, ["dataset", "width"])]]


def by_dataset(table: pd.DataFrame) -> Grid:
    """Return a panel for each data set, with all of its widths."""
    return [[_panel(place, rows) for place, rows in _groups(table, ["dataset"])]]


def by_network(table: pd.DataFrame) -> Grid:
    """Return a row of panels for each data set and width, a panel an architecture."""
    return [
        [Panel(place, f"{name}, {_said(place)}", own) for (name,), own in _groups(rows, ["architecture"])]
        for place, rows in _groups(table, ["dataset", "width"])
    ]


def _groups(table: pd.DataFrame, columns: list[str]) -> list[tuple[tuple[str, ...], pd.DataFrame]]:
    return [(tuple(map(str, key)), rows) for key, rows in table.groupby(columns, sort=False)]


def _panel(place: tuple[str, ...], rows: pd.DataFrame) -> Panel:
    return Panel(place, _said(place), rows)


def _said(place: tuple[str, ...]) -> str:
    return ", width ".join(place)
