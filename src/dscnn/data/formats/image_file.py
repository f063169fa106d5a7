"""One image file as an array of the wanted shape: the rule, and what a file may not be."""

import io
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
MOST_PIXELS = 1 << 25


def decoded(content: bytes, shape: tuple[int, int, int]) -> np.ndarray | str:
    """Return the image in `content` as uint8 of `shape` (height, width, channels 1 or 3), or why it cannot be read.

    It is turned upright by its EXIF orientation, laid on white where it is transparent, made grey (ITU-R 601 luma) or
    RGB, scaled (bicubic) until it just covers the shape, and cropped at its centre. An image that already has the
    shape is not touched. A JPEG much larger than the shape is decoded at half, a quarter or an eighth of its size.
    """
    height, width, channels = shape
    mode = "L" if channels == 1 else "RGB"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged EXIF, which is not the image
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                longer = 4 * max(width, height)  # of either side, since the image may lie on its side in the file
                image.draft(mode, (longer, longer))
                if image.width * image.height > MOST_PIXELS:
                    return f"{image.width} x {image.height} pixels are more than {MOST_PIXELS}"
                if image.mode.startswith(("I", "F")) or (image.format == "PNG" and content[24] > 8):
                    return f"more than 8 bits a channel (mode {image.mode})"
                upright = ImageOps.exif_transpose(image)
                if upright.has_transparency_data:
                    seen = upright.convert("RGBA")
                    upright = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
                wanted = upright.convert(mode)
                if wanted.size != (width, height):
                    wanted = ImageOps.fit(wanted, (width, height), Image.Resampling.BICUBIC)
                return np.asarray(wanted, np.uint8).reshape(shape)
    except UnidentifiedImageError:
        return "no PNG, JPEG, WebP or BMP image" if content else "empty"
    except Exception as error:  # a damaged image can raise anything
        return str(error) or type(error).__name__


def decode_all(contents: list[bytes], shape: tuple[int, int, int]) -> list[np.ndarray | str]:
    return [decoded(content, shape) for content in contents]
