"""The contact sheet of a data set: people look before they train."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

COLUMNS, ZOOM, LARGEST, GAP, MARGIN = 12, 2, 128, 4, 110


def contact_sheet(images: np.ndarray, labels: np.ndarray, classes: tuple[str, ...]) -> Image.Image:
    """Return a sheet with a row for each class: its name and its first images.

    `images` has shape (n, height, width, channels) with 1 or 3 channels, uint8; `labels` shape (n,).
    """
    zoom = min(ZOOM, LARGEST / max(images.shape[1:3]))
    height, width = (max(1, round(zoom * side)) for side in images.shape[1:3])
    font = ImageFont.load_default(14)
    margin = max(MARGIN, 16 + round(max(font.getlength(name) for name in classes)))
    size = (margin + COLUMNS * (width + GAP), GAP + len(classes) * (height + GAP))
    sheet = Image.new("RGB", size, "white")
    how = Image.Resampling.NEAREST if zoom == ZOOM else Image.Resampling.BILINEAR
    pen = ImageDraw.Draw(sheet)
    for row, name in enumerate(classes):
        top = GAP + row * (height + GAP)
        pen.text((8, top + height // 2), name, fill="black", font=font, anchor="lm")
        for column, image in enumerate(images[labels == row][:COLUMNS]):
            picture = Image.fromarray(image.squeeze()).convert("RGB").resize((width, height), how)
            sheet.paste(picture, (margin + column * (width + GAP), top))
    return sheet
