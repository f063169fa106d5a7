"""The report's section on cost and time: tables and paragraphs."""

import pandas as pd

from dscnn.costs import roofline
from dscnn.reporting import explain, text
from dscnn.reporting.tables import costs
from dscnn.reporting.text import Row

NO_LAYERS = ("optimizer", "loss", "left over")


def training_steps(networks: pd.DataFrame) -> str:
    """Return each architecture's training step: work, bytes, least time and time, and as shares of the first's."""
    rows = text.records(networks)
    base = rows[0]
    shown = ("step_flops", "step_bytes", "roofline_seconds", "step_seconds")
    return text.table(
        ["a training step", "GFLOPs", "GB moved", "roofline", "measured", "range", "shares of the first"],
        [
            [
                row["architecture"],
                f"{row['step_flops'] / 1e9:,.2f}",
                f"{row['step_bytes'] / 1e9:,.3f}",
                f"{1e3 * row['roofline_seconds']:,.1f} ms",
                f"{1e3 * row['step_seconds']:,.1f} ms",
                f"{1e3 * row['step_seconds_low']:,.1f} to {1e3 * row['step_seconds_high']:,.1f} ms",
                " / ".join(f"{row[name] / base[name]:.2f}" for name in shown),
            ]
            for row in rows
        ],
    )


def inference(networks: pd.DataFrame, batch_size: int) -> str:
    """Return the time that each architecture takes for one image and for a batch."""
    return text.table(
        ["inference", "one image", "range", f"a batch of {batch_size}", "images/s"],
        [
            [
                row["architecture"],
                f"{row['latency_ms']:.3g} ms",
                f"{row['latency_ms_low']:.3g} to {row['latency_ms_high']:.3g} ms",
                f"{1e3 * row['inference_seconds']:.3g} ms",
                f"{batch_size / row['inference_seconds']:,.0f}",
            ]
            for row in text.records(networks)
        ],
    )


def time_by_operation(operations: pd.DataFrame) -> str:
    """Return where the time of each architecture's training step goes, with the roofline's time in brackets."""
    names = list(operations["architecture"].unique())
    cells = {(row["operation"], row["architecture"]): row for row in text.records(operations)}

    def cell(operation: str, name: str) -> str:
        row = cells.get((operation, name))
        if row is None:
            return ""
        least = row["roofline_seconds"]
        return f"{1e3 * row['seconds']:.2f}" + ("" if pd.isna(least) else f" ({1e3 * least:.2f})")

    order = [name for name in operations["operation"].unique() if name not in NO_LAYERS]
    return text.table(
        ["ms (by the roofline)", *names],
        [[operation, *(cell(operation, name) for name in names)] for operation in (*order, *NO_LAYERS)],
    )


def section(networks: pd.DataFrame, layers: pd.DataFrame, operations: pd.DataFrame, record: Row) -> list[str]:
    """Return the paragraphs of one data set and width; `record` is what stage benchmark wrote."""
    ceilings = roofline.measured(record["ceilings"])
    making = 1e3 * networks.iloc[0]["input_seconds"]
    return [
        "### Cost explained",
        f"These are training steps of {record['batch_size']} images in {record['environment']['precision']}, timed"
        f" side by side in one process. A time is the median of {record['rounds']} rounds, a range the lowest and the"
        f" highest. {explain.noise(record)}",
        training_steps(networks),
        "Shares: FLOPs / bytes / roofline / measured. FLOPs and bytes are those of the forward and the backward pass"
        " (src/dscnn/costs/counter.py has the convention). The roofline is the time predicted from both and from"
        " the rates below, layer by layer.",
        explain.ceilings(record),
        *explain.pairs(networks, layers, operations, ceilings.vector_ridge),
        "Time by operation. Each layer was timed alone, forward and backward, on its own inputs:",
        time_by_operation(operations),
        "*First convolution* is the layer that sees the few channels of the images, both halves if it is separable."
        " *Left over* is the time of the whole step less that of its parts. It holds TensorFlow's own work, and the"
        " cost of data that the caches keep when a layer is timed alone but not in the whole step. It is negative if"
        f" the parts take less time together than alone. Making a batch of images takes {text.digits(making, 2)} ms,"
        " in parallel with the step.",
        "Where layers take longer than the roofline predicts:",
        explain.excess(networks, operations),
        f"{explain.agreement(costs.agreement(layers))} plots/layers.csv has every layer.",
        inference(networks, record["batch_size"]),
    ]


def deployed(table: pd.DataFrame) -> list[str]:
    """Return size, latency and accuracy of what was converted, if anything was."""
    if table.empty:
        return []
    return [
        "These networks were converted to TensorFlow Lite and timed on this CPU, one image at a time. Accuracy is on"
        " the test split. *Same class* is the share of test images that get the same class as from the Keras network.",
        text.table(
            ["architecture", "seed", "format", "file", "latency", "range", "accuracy", "same class"],
            [
                [
                    row["architecture"],
                    row["seed"],
                    row["format"],
                    f"{row['bytes'] / 1e3:,.1f} kB",
                    f"{row['lite_latency_ms']:.3g} ms",
                    f"{row['lite_latency_ms_low']:.3g} to {row['lite_latency_ms_high']:.3g} ms",
                    f"{row['accuracy']:.4f}",
                    f"**{row['agreement']:.2%}**" if explain.differs(row) else f"{row['agreement']:.2%}",
                ]
                for row in text.records(table)
            ],
        ),
        *explain.losses(table),
    ]
