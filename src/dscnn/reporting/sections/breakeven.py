"""The report's section on break-even: at which of the values measured each architecture is faster.

The intervals alone decide the words: faster is an interval below 1, slower one above 1; of one that contains 1, the two
are not told apart. The values are those measured: nothing is said of one between or beyond them.
"""

import pandas as pd

from dscnn.reporting import text

AXES = {"width": "width", "batch_size": "batch size", "side": "side"}
TIMED = {"training": "training", "inference": "a batch", "one image": "one image (Keras)"}
FEW = 4  # values that are written out; of more, the first, the last and how many
WORDS = {"<": "faster", ">": "slower", "=": "not told apart"}


def section(rows: pd.DataFrame) -> list[str]:
    """Return what one data set of compare's table says, and a table a precision; nothing for a single architecture."""
    base, *others = rows["architecture"].unique()
    if not others:
        return []
    compared = rows[rows["architecture"] != base]
    machines = text.listed(dict.fromkeys(map(_machine, compared["hardware"], compared["threads"])))
    return [
        f"Where is each network faster than {base} on this machine ({machines})? Times are of a training step, and of"
        " inference of a batch and of one image, by Keras. One image of a small network by Keras is mostly the cost of"
        " the call; *The answer* times it by TensorFlow Lite where networks were converted to it in float32. What lies"
        " between or beyond the values in brackets was not measured. *Not told apart*: the interval of the ratio"
        " contains 1; it may still be wide. Where there is no difference, about one comparison in 20 is called faster"
        " or slower by chance: nothing is corrected for their number.",
        *(places(own, base) for _, own in compared.groupby("precision", sort=False)),
    ]


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
        " the times above, so a ratio differs a little from the one there. plots/breakeven.csv has all ratios, those"
        " of inference too.",
    ]


def places(compared: pd.DataFrame, base: str) -> str:
    """Return a table of where each architecture is faster in one precision, a row for each direction and axis."""
    names = list(compared["architecture"].unique())
    rows = []
    for direction in TIMED:
        for axis, own in compared[compared["direction"] == direction].groupby("axis", sort=False):
            measured = [_spelled(value) for value in sorted(own["value"].unique())]
            said = ", ".join(measured) if len(measured) <= FEW else _ends(measured)
            cells = [where(own[own["architecture"] == name]) for name in names]
            rows.append([f"{TIMED[direction]} by {AXES[str(axis)]} ({said})", *cells])
    return text.table([f"against {base}, in {compared['precision'].iloc[0]}", *names], rows)


def where(rows: pd.DataFrame) -> str:
    """Return where on an axis it is faster, slower or neither, as in 'faster at 0.5 and 1; not told apart at 0.25'.

    `rows` has the values, and `low` and `high` of the ratio, for one architecture and precision.
    """
    rows = rows.sort_values("value")
    values, marks = list(rows["value"]), "".join(map(_mark, rows["low"], rows["high"]))
    return "; ".join(f"{word}{_place(marks, mark, values)}" for mark, word in WORDS.items() if mark in marks)


def _place(marks: str, mark: str, values: list[float]) -> str:
    """Return at which values `marks` is `mark`; many are not written out if no other mark is among them."""
    own = [_spelled(value) for value, each in zip(values, marks, strict=True) if each == mark]
    if len(own) == len(values):
        return " at all of them" if len(own) > 1 else ""
    if len(own) > FEW and mark * len(own) in marks:
        return f" at {_ends(own)}"
    *most, last = own
    return f" at {', '.join(most)}{' and ' if most else ''}{last}"


def _ends(measured: list[str]) -> str:
    return f"{measured[0]} to {measured[-1]}, {len(measured)} values"


def ratios(training: pd.DataFrame) -> str:
    """Return a table with a row for each value of each axis, a column for each architecture and precision."""
    columns = list(dict.fromkeys(zip(training["architecture"], training["precision"], strict=True)))
    rows: dict[tuple[str, float], dict[tuple[str, str], str]] = {}
    for row in text.records(training):
        cell = f"{row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
        rows.setdefault((row["axis"], row["value"]), {})[row["architecture"], row["precision"]] = cell
    return text.table(
        ["a training step at", *map(text.listed, columns)],
        [
            [f"{AXES[axis]} {_spelled(value)}", *(own[column] for column in columns)]
            for (axis, value), own in rows.items()
        ],
    )


def _held(rows: pd.DataFrame) -> str:
    """Return what was the same at all values of each axis."""
    held = rows.drop_duplicates("axis").set_index("axis")["held"]
    said = ", ".join(f"{AXES[str(axis)]} at {each}" for axis, each in held.items())
    return f"Varied were {said}." if len(held) > 1 else f"Varied was {said}."


def _machine(hardware: str, threads: str) -> str:
    return f"{hardware}, {text.counted(int(threads), 'thread')}"


def _mark(low: float, high: float) -> str:
    return "<" if high < 1 else ">" if low > 1 else "="


def _spelled(value: float) -> str:
    return f"{value:.10g}"
