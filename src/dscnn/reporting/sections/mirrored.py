"""The report's section on averaging over an image and its mirror image: more accuracy for twice the inference."""

import pandas as pd

from dscnn.reporting import text
from dscnn.statistics import runs


def section(networks: pd.DataFrame, arms: pd.DataFrame) -> list[str]:
    """Return what averaging gains each network of one data set, and what it costs; nothing if it was not measured."""
    measured = networks[networks["mirror_accuracy"].notna()]
    if measured.empty:
        return []
    several = networks["width"].nunique() > 1
    gains = {
        net: (100 * (own["mirror_accuracy"] - own["accuracy"])).to_numpy()
        for net, own in arms.groupby(["width", "architecture"])
    }
    rows = []
    for row in text.records(measured):
        gain = gains[row["width"], row["architecture"]]
        low, high = runs.mean_interval(gain)
        rows.append(
            [
                f"{row['architecture']} x{row['width']}" if several else row["architecture"],
                f"{row['mirror_accuracy']:.4f}",
                f"{gain.mean():+.2f}" + ("" if pd.isna(low) else f" ({low:+.2f} to {high:+.2f})"),
                f"{2 * row['macs']:,}",
            ]
        )
    return [
        text.table(["mean over an image and its mirror image", "test accuracy", "points more", "multiply-adds"], rows),
        "The probabilities are the mean of two predictions, so inference costs twice as much; training does not"
        " change. The interval is 95%, over the seeds, of the gain of one network on these test images. No other number"
        " of this report has this averaging.",
    ]
