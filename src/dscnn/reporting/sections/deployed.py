"""The report's section on converted networks: size, time for one image and accuracy."""

import math

import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.sections import explain
from dscnn.reporting.tables.one_image import LOAD
from dscnn.reporting.text import Row


def latency(row: Row) -> list[str]:
    """Return the time for one image of a converted network, and its ratio to the first architecture's."""
    ends = f"{text.digits(row['lite_latency_ms_low'])} to {text.digits(row['lite_latency_ms_high'])}"
    share = f"{row['lite_share']:.2f} ({row['lite_share_low']:.2f} to {row['lite_share_high']:.2f})"
    return [f"{text.digits(row['lite_latency_ms'])} ms ({ends})", "1" if row["lite_share"] == 1 else share]


def section(table: pd.DataFrame, base: str) -> list[str]:
    """Return size, time for one image and accuracy of what was converted, if anything was; times against `base`'s."""
    if table.empty:
        return []
    timed = table[table["other_processors"].notna()]
    return [
        "These networks were converted to TensorFlow Lite. They were timed side by side on this machine's processor,"
        " one image at a time. On a phone's another may be faster. Intervals are 95%, over the rounds; *against"
        f" {base}* is the median of the ratios of each round, in the same format. Accuracy is on the test split. *Same"
        " class* is the share of test images that get the same class as from the Keras network in float32. The"
        " accuracies of training runs are in the precision of training, so that of the same network can differ a"
        " little.",
        text.table(
            ["architecture", "seed", "format", "file", "one image", f"against {base}", "accuracy", "same class"],
            [
                [
                    row["architecture"],
                    row["seed"],
                    row["format"],
                    f"{row['bytes'] / 1e3:,.1f} kB",
                    *(["not timed"] * 2 if math.isnan(row["lite_latency_ms"]) else latency(row)),
                    f"{row['accuracy']:.4f}",
                    f"**{row['agreement']:.2%}**" if explain.differs(row) else f"{row['agreement']:.2%}",
                ]
                for row in text.records(table)
            ],
        ),
        *[explain.load({"load": own}) for own in text.records(timed[LOAD].head(1))],
        *explain.losses(table),
    ]
