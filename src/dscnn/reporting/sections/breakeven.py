"""The report's section on break-even: from where on which architecture is faster, as far as was measured.

The intervals alone decide the words: faster is an interval below 1, slower one above 1, and what holds 1 cannot be told
apart. Nothing is said of a value between or beyond those measured.
"""

import re

import pandas as pd

from dscnn.reporting import text

NOUNS = {"width": ("width", "widths"), "batch_size": ("batch size", "batch sizes"), "side": ("side", "sides")}
VERBS = {"training": "trains", "inference": "answers a batch", "one image": "answers one image"}
TIMED = {"training": "in training", "inference": "in inference of a batch", "one image": "in inference of one image"}


def section(rows: pd.DataFrame) -> list[str]:
    """Return the paragraphs for one data set of compare's table; none where there is nothing to compare."""
    base, *others = rows["architecture"].unique()
    return _sentences(rows[rows["architecture"] != base], base) if others else []


def details(rows: pd.DataFrame) -> list[str]:
    """Return the table of the ratios in training, and how they were measured."""
    base = rows["architecture"].iloc[0]
    compared = rows[(rows["architecture"] != base) & (rows["direction"] == "training")]
    return [
        f"{_held(rows)} These are ratios of the time of a training step to that of {base}, each with its 95%"
        " interval over the rounds:",
        ratios(compared),
        "One of width, batch size and image side varied at a time (`breakeven` in params.yaml). The architectures were"
        " timed side by side on random images, and their ratios are taken round by round. This was measured apart from"
        " the times above, so a ratio differs a little from the one there. *Cannot be told apart* means"
        " that the interval contains 1. What lies between two measured values, or beyond them, was not measured."
        " plots/breakeven.csv has all ratios, those of inference too.",
    ]


def _sentences(compared: pd.DataFrame, base: str) -> list[str]:
    """Return a paragraph for each architecture and precision: a sentence a direction and axis, the first says where."""
    made = []
    for (name, precision), own in compared.groupby(["architecture", "precision"], sort=False):
        place = f"{own['hardware'].iloc[0]}, {precision}, {_threads(own['threads'].iloc[0])}"
        subject, said = f"On this machine ({place}) {name}", []
        for direction in VERBS:
            for axis, rows in own[own["direction"] == direction].groupby("axis", sort=False):
                said.append(verdict(subject, base, direction, str(axis), rows))
                subject = "It"
        made.append(" ".join(said))
    return made


def _held(rows: pd.DataFrame) -> str:
    """Return what was the same at all values of each axis."""
    held = rows.drop_duplicates("axis").set_index("axis")["held"]
    said = ", ".join(f"{NOUNS[str(axis)][0]} at {each}" for axis, each in held.items())
    return f"Varied were {said}." if len(held) > 1 else f"Varied was {said}."


def _threads(count: str) -> str:
    return f"{count} thread" + ("" if count == "1" else "s")


def verdict(subject: str, base: str, direction: str, axis: str, rows: pd.DataFrame) -> str:
    """Return one sentence: where on `axis` `subject` is faster than `base`; `rows` has value, low and high."""
    rows = rows.sort_values("value")
    values = list(rows["value"])
    marks = "".join(map(_mark, rows["low"], rows["high"]))
    where = {mark: [value for value, each in zip(values, marks, strict=True) if each == mark] for mark in "<>="}
    if where["="] == values:
        return f"{subject} cannot be told apart from {base} {TIMED[direction]} {_throughout(axis, values, 'any')}."
    (first, word), *then = [(mark, said) for mark, said in (("<", "faster"), (">", "slower")) if where[mark]]
    measured = "" if where[first] == values else f" (measured: {_spelled(values[0])} to {_spelled(values[-1])})"
    said = [f"{subject} {VERBS[direction]} {word} than {base} {_place(axis, marks, first, values)}{measured}"]
    said += [f"{word} {_place(axis, marks, mark, values)}" for mark, word in then]
    if where["="]:
        said.append(f"the two cannot be told apart at {_at(axis, where['='])}")
    return "; ".join(said) + "."


def _place(axis: str, marks: str, mark: str, values: list[float]) -> str:
    """Return where `marks` is `mark`: at all `values`, from one on or up to one if they are in order, else at which."""
    own = [value for value, each in zip(values, marks, strict=True) if each == mark]
    if own == values:
        return _throughout(axis, values)
    if re.fullmatch(">*=*<*|<*=*>*", marks):
        return f"from {_at(axis, own[:1])} on" if marks.endswith(mark) else f"up to {_at(axis, own[-1:])}"
    return f"at {_at(axis, own)}"


def _mark(low: float, high: float) -> str:
    return "<" if high < 1 else ">" if low > 1 else "="


def _spelled(value: float) -> str:
    return f"{value:.10g}"


def _at(axis: str, values: list[float]) -> str:
    """Return values with the name of their axis, as in widths 0.25 and 0.5."""
    *most, last = map(_spelled, values)
    return f"{NOUNS[axis][len(values) > 1]} {', '.join(most)}{' and ' if most else ''}{last}"


def _throughout(axis: str, values: list[float], each: str = "every") -> str:
    if len(values) == 1:
        return f"at {_at(axis, values)}, the only one measured"
    return f"at {each} {NOUNS[axis][0]} measured ({_spelled(values[0])} to {_spelled(values[-1])})"


def ratios(training: pd.DataFrame) -> str:
    """Return a table with a row for each value of each axis, a column for each architecture and precision."""
    columns = list(dict.fromkeys(zip(training["architecture"], training["precision"], strict=True)))
    rows: dict[tuple[str, float], dict[tuple[str, str], str]] = {}
    for row in text.records(training):
        cell = f"{row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
        rows.setdefault((row["axis"], row["value"]), {})[row["architecture"], row["precision"]] = cell
    return text.table(
        ["a training step at", *(", ".join(column) for column in columns)],
        [[_at(axis, [value]), *(own[column] for column in columns)] for (axis, value), own in rows.items()],
    )
