"""The sheet of test images that most runs of one architecture have right, and most of the other wrong."""

import pandas as pd
from matplotlib.axes import Axes

from dscnn.reporting.figures.style import Looks
from dscnn.reporting.tables.disagreements import SHOWN

GAP, CAPTION = 0.12, 0.55  # between images, and below each, where images are 1 wide


def sheet(axes: Axes, table: pd.DataFrame, _: Looks) -> None:
    """Draw a row of images for each side: those that the first architecture has right and the other wrong, then others.

    Below each image: its class, what it was taken for, and in how many of its seeds each of the two had it right.
    `table` has the images as arrays in the column `pixels`.
    """
    axes.set_axis_off()
    top = 0.0
    for (base, name, right), rows in table.groupby(["base", "architecture", "only"], sort=False):
        wrong = name if right == base else base
        axes.text(0, top - 0.1, f"{right} right, {wrong} wrong", fontsize=9, fontweight="bold")
        for i, row in enumerate(rows.to_dict("records")):
            left = i * (1 + GAP)
            pixels = row["pixels"].squeeze()
            height, width = (count / max(pixels.shape[:2]) for count in pixels.shape[:2])
            axes.imshow(pixels, cmap="gray", vmin=0, vmax=255, extent=(left, left + width, top + height, top))
            seeds = f"{row['right']}/{row['of_right']} : {row['wrong']}/{row['of_wrong']}"
            axes.text(
                left, top + 1.05, f"{row['label']}\n→ {row['predicted']}\n{seeds}", fontsize=7, va="top", clip_on=False
            )
        top += 1 + 2 * CAPTION
    axes.set(xlim=(0, SHOWN * (1 + GAP)), ylim=(max(top, 1) - CAPTION / 2, -0.4), aspect="equal")
