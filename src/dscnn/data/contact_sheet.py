"""The contact sheet of a data set: people look before they train."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

COLUMNS, ZOOM, LARGEST, GAP, MARGIN = 12, 2, 128, 4, 110
# looked for where systems keep fonts, for names in other letters than Latin, Greek and Cyrillic ones
FONTS = ("NotoSansCJK-Regular.ttc", "wqy-microhei.ttc", "Arial Unicode.ttf", "msyh.ttc")
NO_CHARACTER = "\U0010ffff"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def contact_sheet(images: np.ndarray, labels: np.ndarray, classes: tuple[str, ...]) -> Image.Image:
    """Return a sheet with a row for each class: its number, its name and its first images.

    `images` has shape (n, height, width, channels) with 1 or 3 channels, uint8; `labels` shape (n,).
    """
    zoom = min(ZOOM, LARGEST / max(images.shape[1:3]))
    height, width = (max(1, round(zoom * side)) for side in images.shape[1:3])
    names = [f"{label} {name}" for label, name in enumerate(classes)]
    font = min(_fonts(), key=lambda font: _missing(font, "".join(names)))
    margin = max(MARGIN, 16 + round(max(font.getlength(name) for name in names)))
    size = (margin + COLUMNS * (width + GAP), GAP + len(classes) * (height + GAP))
    sheet = Image.new("RGB", size, "white")
    how = Image.Resampling.NEAREST if zoom == ZOOM else Image.Resampling.BILINEAR
    pen = ImageDraw.Draw(sheet)
    for row, name in enumerate(names):
        top = GAP + row * (height + GAP)
        pen.text((8, top + height // 2), name, fill="black", font=font, anchor="lm")
        for column, image in enumerate(images[labels == row][:COLUMNS]):
            picture = Image.fromarray(image.squeeze()).convert("RGB").resize((width, height), how)
            sheet.paste(picture, (margin + column * (width + GAP), top))
    return sheet


def _fonts() -> Iterator[Font]:
    """Yield Pillow's own font, which has plain Latin letters, that of matplotlib, and those of `FONTS` found here."""
    yield ImageFont.load_default(14)
    package = importlib.util.find_spec("matplotlib")  # found, not imported
    places = package.submodule_search_locations if package else None
    for font in (*(str(Path(place, "mpl-data/fonts/ttf/DejaVuSans.ttf")) for place in places or ()), *FONTS):
        try:
            yield ImageFont.truetype(font, 14)
        except OSError:
            continue


def _missing(font: Font, text: str) -> int:
    """Return how many characters of `text` the font draws as it draws one that there is not."""
    box = bytes(font.getmask(NO_CHARACTER))
    return sum(bytes(font.getmask(each)) == box for each in {*text})
