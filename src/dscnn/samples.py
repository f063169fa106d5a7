"""The contact sheet of a data set: people look before they train."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

COLUMNS, ZOOM, GAP, MARGIN = 12, 2, 4, 110


def contact_sheet(images: np.ndarray, labels: np.ndarray, classes: tuple[str, ...]) -> Image.Image:
    """Return a sheet with a row for each class: its name and its first images.

    `images` has shape (n, height, width, channels) with 1 or 3 channels, uint8; `labels` shape (n,).
    """
    height, width = (ZOOM * side for side in images.shape[1:3])
    size = (MARGIN + COLUMNS * (width + GAP), GAP + len(classes) * (height + GAP))
    sheet = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for row, name in enumerate(classes):
        top = GAP + row * (height + GAP)
        pen.text((8, top + height // 2), name, fill="black", font=font, anchor="lm")
        for column, image in enumerate(images[labels == row][:COLUMNS]):
            picture = Image.fromarray(image.squeeze()).convert("RGB").resize((width, height), Image.Resampling.NEAREST)
            sheet.paste(picture, (MARGIN + column * (width + GAP), top))
    return sheet
