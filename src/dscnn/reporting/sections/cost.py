"""The report's section on cost and time: tables and paragraphs."""

import math

import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.sections import explain
from dscnn.reporting.tables.costs import OUTSIDE_LAYERS
from dscnn.reporting.tables.decomposition import PARTS
from dscnn.reporting.text import Row

SHARES = {
    "FLOPs of a training step": "FLOPs",
    "bytes of a training step": "bytes (counted)",
    "the least time by the roofline": "roofline",
    "time measured": "time",
}  # what stage compare calls them, and what the table does
WHAT = (
    "The time of a step has these parts: its *multiply-adds* at the machine's full rate; its *bytes*, where moving them"
    " takes longer than that; what the *kernels* of its layers take beyond both; and the rest of the step."
)


def training_steps(networks: pd.DataFrame) -> str:
    """Return each architecture's training step: work, bytes, least time and time."""
    return text.table(
        ["a training step", "GFLOPs", "MB moved (counted)", "roofline", "time", "time, 95% interval"],
        [
            [
                row["architecture"],
                text.digits(row["step_flops"] / 1e9),
                text.digits(row["step_bytes"] / 1e6),
                text.milliseconds(row["roofline_seconds"]),
                text.milliseconds(row["step_seconds"]),
                f"{text.digits(1e3 * row['step_seconds_low'])} to {text.milliseconds(row['step_seconds_high'])}",
            ]
            for row in text.records(networks)
        ],
    )


def relative_steps(relative: pd.DataFrame) -> str:
    """Return the same as ratios to the first architecture's; that of the time has an interval."""
    rows = []
    for name, own in relative.groupby("architecture", sort=False):
        of = {row["measure"]: row for row in text.records(own)}
        ends = "{low:.2f} to {high:.2f}".format(**of["time measured"])
        rows.append([str(name), *(f"{of[measure]['share']:.2f}" for measure in SHARES), ends])
    base = relative["architecture"].iloc[0]
    return text.table([f"relative to {base}", *SHARES.values(), "time, 95% interval"], rows)


def parts(changes: pd.DataFrame) -> str:
    """Return the parts of the difference of each pair, in ms with their intervals; they add up to the first row."""
    pairs = list(dict.fromkeys(zip(changes["architecture"], changes["base"], strict=True)))
    cells = {(row["part"], row["architecture"], row["base"]): row for row in text.records(changes)}

    def cell(part: str, pair: tuple[str, str]) -> str:
        row = cells.get((part, *pair))
        if row is None:
            return "0"
        low, value, high = (text.signed(1e3 * row[name]) for name in ("low", "seconds", "high"))
        return value if low == high else f"{value} ({low} to {high})"

    return text.table(
        ["ms a step", *(f"{name} minus {base}" for name, base in pairs)],
        [[part, *(cell(part, pair) for pair in pairs)] for part in PARTS if part in set(changes["part"])],
    )


def inference(networks: pd.DataFrame, batch_size: int) -> list[str]:
    """Return the time that each architecture takes for one image and for a batch."""
    table = text.table(
        ["inference", "one image", "interval", f"a batch of {batch_size}", "images/s at inference"],
        [
            [
                row["architecture"],
                f"{text.digits(row['latency_ms'])} ms",
                f"{text.digits(row['latency_ms_low'])} to {text.digits(row['latency_ms_high'])} ms",
                text.milliseconds(row["inference_seconds"]),
                f"{batch_size / row['inference_seconds']:,.0f}",
            ]
            for row in text.records(networks)
        ],
    )
    return [
        table,
        "These times are medians over the rounds, by Keras. *The answer* times one image by TensorFlow Lite where"
        " networks are converted to it in float32. Its ratio is the median of those of each round, which need not be"
        " that of two medians. One image of a small network by Keras is mostly the cost of the call; TensorFlow Lite"
        " has less of it.",
    ]


def time_by_operation(operations: pd.DataFrame) -> str:
    """Return where the time of each architecture's training step goes, and how much of the roofline is reached."""
    names = list(operations["architecture"].unique())
    cells = {(row["operation"], row["architecture"]): row for row in text.records(operations)}

    def cell(operation: str, name: str) -> str:
        row = cells.get((operation, name))
        if row is None:
            return ""
        least, taken = row["roofline_seconds"], row["seconds"]
        share = f" ({least / taken:.0%})" if taken and not math.isnan(least) else ""
        return f"{text.digits(1e3 * taken)}{share}"

    order = [name for name in operations["operation"].unique() if name not in OUTSIDE_LAYERS]
    return text.table(
        ["ms (share of what the hardware allows)", *names],
        [[operation, *(cell(operation, name) for name in names)] for operation in (*order, *OUTSIDE_LAYERS)],
    )


def answer(networks: pd.DataFrame, relative: pd.DataFrame, changes: pd.DataFrame, record: Row) -> list[str]:
    """Return what a training step takes and why, of one data set and width; `record` is of stage benchmark."""
    return [
        *([WHAT] if len(changes) else []),
        *explain.pairs(networks, changes),
        *explain.trained(networks, record["batch_size"]),
        training_steps(networks),
        relative_steps(relative),
        "FLOPs and bytes are counted, for the forward and the backward pass (src/dscnn/costs/trained.py has the"
        " convention). *Roofline* is the least time that this hardware needs, layer by layer, for its FLOPs"
        " (without those of padding) or its bytes, whichever takes longer."
        " Of the ratios only that of the time is a median of ratios round by round, with"
        " an interval.",
        f"These are training steps of {record['batch_size']} images in {record['environment']['precision']}, timed"
        f" side by side in one process. A time is the median of {record['rounds']} rounds, an interval the 95%"
        f" bootstrap interval over them. {explain.load(record)}",
    ]


def differences(changes: pd.DataFrame) -> list[str]:
    """Return the parts of the difference between two steps; none for a single architecture."""
    if changes.empty:
        return []
    return [
        "The difference between two steps has these parts, which add up to it. *Multiply-adds*: the FLOPs,"
        " without those of padding, at the machine's rate."
        " *Bytes*: what the roofline adds to that. *Kernels*: the time of layers beyond the roofline."
        " *The rest of the step*: the step less its layers timed alone, so also what these take more or less beside one"
        " another. The machine's rates are taken as exact, so *multiply-adds* and *bytes* have no interval; an error in"
        " a rate moves time between these two and *kernels*.",
        parts(changes),
    ]


def by_operation(networks: pd.DataFrame, layers: pd.DataFrame, operations: pd.DataFrame, record: Row) -> list[str]:
    """Return where the time of a training step goes, and what this machine allows."""
    making = 1e3 * networks.iloc[0]["input_seconds"]
    compared = len(networks) > 1
    rest = " *The rest of the step*, in the difference between two, also has optimizer and loss." if compared else ""
    return [
        explain.ceilings(record),
        "Time by operation. Each layer was timed alone, forward and backward, on its own inputs:",
        time_by_operation(operations),
        "Near 100% the hardware is the limit. Far below it the installed kernel is or, in times of a tenth of a"
        " millisecond, the start of the operation. *First convolution* is the layer that sees the"
        " few channels of the images, both halves if it is separable. *Unexplained* is the time of the whole step"
        " minus that of all its parts timed alone: TensorFlow's own work, and the cost of data that the caches keep"
        " when a layer is timed alone but not in the whole step. It is negative if the parts take less time together"
        f" than alone.{rest} Making a batch of images takes {text.digits(making, 2)} ms, in parallel with the step.",
        f"{explain.bounds(layers)} plots/layers.csv has every layer.",
    ]
