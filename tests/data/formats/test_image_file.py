import io
import re
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dscnn.data.formats import image_file

RANDOM = np.random.default_rng(0)


def encoded(array: np.ndarray, kind: str = "png", **more: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(array).save(out, kind, **more)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["png", "bmp", "webp"])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_of_the_shape_is_not_touched(kind: str, channels: int) -> None:
    """A lossless format gives every pixel back."""
    array = RANDOM.integers(0, 256, (9, 7, channels), np.uint8)
    if kind == "webp" and channels == 1:
        array[:] = array[:, :1]  # WebP has no grey: a grey image stays grey, within its rounding
        array = np.repeat(array, 3, 2)[..., :1]
    found = image_file.decoded(
        encoded(array.squeeze(), kind, **({"lossless": True} if kind == "webp" else {})), (9, 7, channels)
    )
    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, array, strict=True)


def test_a_jpeg_is_pillows_own_reading() -> None:
    """A JPEG of the shape is what Pillow reads, pixel for pixel."""
    content = encoded(RANDOM.integers(0, 256, (32, 32, 3), np.uint8), "jpeg")
    np.testing.assert_array_equal(image_file.decoded(content, (32, 32, 3)), np.asarray(Image.open(io.BytesIO(content))))


def test_grey_and_colour_become_each_other() -> None:
    """Grey becomes three equal channels, and colour becomes grey by the weights of ITU-R 601."""
    grey = RANDOM.integers(0, 256, (4, 4), np.uint8)
    np.testing.assert_array_equal(image_file.decoded(encoded(grey), (4, 4, 3)), np.stack([grey] * 3, -1))
    colour = RANDOM.integers(0, 256, (4, 4, 3), np.uint8)
    found = image_file.decoded(encoded(colour), (4, 4, 1))
    assert isinstance(found, np.ndarray)
    assert np.abs(found[..., 0] - colour @ [0.299, 0.587, 0.114]).max() <= 1


def test_transparent_is_white() -> None:
    """A transparent pixel is white, and one of half opacity lies half way."""
    image = np.zeros((2, 2, 4), np.uint8)
    image[0, 0], image[0, 1] = [200, 0, 0, 255], [0, 0, 0, 128]
    found = image_file.decoded(encoded(image), (2, 2, 3))
    assert isinstance(found, np.ndarray)
    assert found[0, 0].tolist() == [200, 0, 0]
    assert found[1, 1].tolist() == [255] * 3
    assert abs(int(found[0, 1, 0]) - 127) <= 1


def test_a_large_image_on_its_side_is_not_decoded_too_small() -> None:
    """Upright it is as wide as wanted, so its columns of black and white stay as they are."""
    upright = np.zeros((2048, 256, 3), np.uint8)
    upright[:, ::2] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned right by a quarter
    stored = encoded(np.rot90(upright).copy(), "jpeg", exif=exif, quality=95, subsampling=0)
    plain = encoded(upright, "jpeg", quality=95, subsampling=0)
    turned, straight = (image_file.decoded(content, (32, 256, 3)) for content in (stored, plain))
    assert isinstance(turned, np.ndarray)
    assert isinstance(straight, np.ndarray)
    assert np.abs(turned.astype(int) - straight).max() <= 8


def test_exif_turns_an_image_upright() -> None:
    """With orientation 6 the camera was held on its side, so the first row becomes the right column."""
    array = np.zeros((8, 8, 3), np.uint8)
    array[0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    found = image_file.decoded(encoded(array, "png", exif=exif), (8, 8, 3))
    assert isinstance(found, np.ndarray)
    assert (found[:, -1] == 255).all()
    assert (found[:, :-1] == 0).all()


@pytest.mark.parametrize("size", [(40, 80), (80, 40)])
def test_the_centre_is_cropped(size: tuple[int, int]) -> None:
    """The outer quarters of the longer side are cropped, and the rest is scaled to the shape."""
    long = max(size)
    line = np.where((np.arange(long) >= long // 4) & (np.arange(long) < 3 * long // 4), 200, 10).astype(np.uint8)
    array = np.broadcast_to(line[:, None] if size[0] == long else line[None], size)
    found = image_file.decoded(encoded(np.ascontiguousarray(array)), (10, 10, 1))
    assert isinstance(found, np.ndarray)
    assert found.min() > 150  # nothing of the 10 is left


def deep() -> bytes:
    """Return a PNG of 8 x 8 pixels of three 16-bit channels, which Pillow cannot write (W3C PNG, section 11.2.2)."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    header = (8).to_bytes(4, "big") * 2 + bytes([16, 2, 0, 0, 0])
    rows = zlib.compress((b"\0" + bytes(8 * 6)) * 8)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


DEEP = deep()


def test_damaged_exif_is_not_a_damaged_image() -> None:
    """An image with damaged EXIF is read without a warning, because its pixels are good."""
    content = encoded(np.full((8, 8, 3), 9, np.uint8), "jpeg", exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01")
    assert isinstance(image_file.decoded(content, (8, 8, 3)), np.ndarray)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"hello", "no PNG, JPEG, WebP or BMP image"),
        (encoded(RANDOM.integers(0, 256, (8, 8), np.uint8))[:70], "truncated|broken|Truncated|no PNG"),
        (encoded(np.zeros((8, 8), np.uint16)), "more than 8 bits"),
        (DEEP, "more than 8 bits"),
        (encoded(np.zeros((8, 8), np.uint8), "gif"), "no PNG"),
        (encoded(np.zeros((6000, 6000), np.uint8)), "6000 x 6000 pixels are more than"),
        (encoded(np.zeros((10_000, 10_000), np.uint8)), "pixels"),
    ],
    ids=["empty", "text", "cut", "16 bits", "16 bits of colour", "gif", "large", "bomb"],
)
def test_what_cannot_be_read_says_why(content: bytes, said: str) -> None:
    """The reason is returned, not raised, because all errors of a folder are said together."""
    found = image_file.decoded(content, (8, 8, 1))
    assert isinstance(found, str)
    assert re.search(said, found)


def test_a_large_photograph_keeps_its_look() -> None:
    """A JPEG that is decoded at an eighth of its size is near the mean of all its pixels."""
    ramp = np.broadcast_to(np.linspace(0, 255, 1024).astype(np.uint8)[None, :, None], (1024, 1024, 3))
    found = image_file.decoded(encoded(np.ascontiguousarray(ramp), "jpeg"), (32, 32, 3))
    assert isinstance(found, np.ndarray)
    expected = ramp.reshape(32, 32, 32, 32, 3).mean((1, 3))
    assert np.abs(found - expected).max() <= 4


def test_one_image_that_cannot_be_read_does_not_stop_the_others() -> None:
    """A batch gives an array or a reason for each of its images, in their order."""
    grey = np.full((8, 8), 9, np.uint8)
    first, second, third = image_file.decode_all([encoded(grey), b"", encoded(grey + 1)], (8, 8, 1))
    np.testing.assert_array_equal(first, grey[..., None])
    assert second == "empty"
    np.testing.assert_array_equal(third, grey[..., None] + 1)
