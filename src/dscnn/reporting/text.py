"""Tables in Markdown, and numbers as people read them."""

import re
from collections.abc import Collection, Iterable
from typing import Any

import pandas as pd

Row = dict[str, Any]


def table(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table, first column left, the others right. A cell may have a bar, but no line end."""
    lines = [header, [":--"] + ["--:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def records(frame: pd.DataFrame) -> list[Row]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def digits(value: float, count: int = 3) -> str:
    """Return `value` with `count` significant digits, zeros too, thousands apart: 0.0123, 1.60, 17.0, 2,610."""
    rounded = float(f"{value:.{count}g}")
    if not rounded or abs(rounded) >= 10**count:
        return f"{rounded:,.0f}"
    return f"{rounded:#,.{count}g}".rstrip(".")


def signed(value: float) -> str:
    """Return `value` as by `digits`, with its sign."""
    return f"{'+' if value > 0 else ''}{digits(value)}"


def escaped(name: str) -> str:
    """Return `name` so that Markdown shows it as it is."""
    return re.sub(r"[\\`*_\[\]<>&]", lambda mark: f"\\{mark[0]}", name)


def times(ratio: float) -> str:
    """Return a ratio, as in 1.06x; 1x is 1 itself, and another has digits enough not to read as 1, as in 1.0004x."""
    if ratio == 1:
        return "1x"
    count = 3
    while float(f"{ratio:.{count}g}") == 1:
        count += 1
    return f"{digits(ratio, count)}x"


def milliseconds(seconds: float) -> str:
    return f"{digits(1e3 * seconds)} ms"


def counted(count: int | str, noun: str) -> str:
    """Return a count of things, or a `span` of counts, as in 1 seed, 1,200 seeds and 2 to 3 seeds."""
    said = count if isinstance(count, str) else f"{count:,}"
    return f"{said} {noun}{'' if said == '1' else 's'}"


def listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))


def span(counts: Collection[int]) -> str:
    """Return the smallest and the largest of `counts`."""
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
