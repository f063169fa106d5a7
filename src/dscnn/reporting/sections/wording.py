"""How a difference in accuracy is put into words and numbers, wherever the report has one."""

from dscnn.reporting.text import Row, counted


def verdict(name: str, base: str, row: Row, margin: float) -> str:
    """Return the verdict of stage compare in words."""
    less = f" by less than {points(margin)}" if row["within_margin"] else ""
    return {
        "more": f"{name} is more accurate than {base}{less}",
        "less": f"{name} is less accurate than {base}{less}",
        "alike": f"{name} and {base} are alike within {points(margin)}",
        "unknown": f"{name} and {base} cannot be told apart",
    }[row["verdict"]]


def surprising(row: Row, margin: float) -> str:
    """Return why the verdict is not what the interval beside it seems to say; nothing where it is."""
    if row["verdict"] == "unknown" and not row["low"] <= 0 <= row["high"]:
        return (
            " The interval leaves out 0, but among several comparisons one does so by chance more easily: corrected for"
            f" their number (Holm), p is {probability(row['p'])}."
        )
    if row["verdict"] == "unknown" and 100 * max(-row["low"], row["high"]) < margin:
        return (
            f" The interval leaves out {points(margin)}, but among several comparisons one does so by chance more"
            " easily: corrected for their number (Holm), a difference as large as the margin is not ruled out."
        )
    if reaches_past(row, margin):
        return (
            f" The interval reaches past {points(margin)}, since it leaves 2.5% on each side; a difference as large as"
            " the margin is ruled out by tests that leave 5% on each side."
        )
    return ""


def reaches_past(row: Row, margin: float) -> bool:
    """Whether the 95 % interval holds a difference of the margin, which the tests of that one rule out."""
    return bool(row["within_margin"] and 100 * max(-row["low"], row["high"]) >= margin)


def points(count: float) -> str:
    return counted(f"{count:g}", "point")


def ends(low: float, high: float) -> str:
    """Return the ends of an interval, which are shares, in points."""
    return f"{100 * low:+.2f} to {100 * high:+.2f}"


def interval(row: Row) -> str:
    """Return a difference in points with its interval."""
    return f"{100 * row['difference']:+.2f} ({ends(row['low'], row['high'])})"


def probability(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
