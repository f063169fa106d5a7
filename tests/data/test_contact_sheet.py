import numpy as np
import pytest
from PIL import ImageFont

from dscnn.data import contact_sheet as module
from dscnn.data.contact_sheet import COLUMNS, GAP, LARGEST, MARGIN, ZOOM, contact_sheet


def test_the_sheet_has_a_row_for_each_class() -> None:
    """Each row shows the enlarged images of its class beside the name of the class."""
    labels = np.array([0, 1, 2] * 4, np.uint8)
    images = np.repeat(labels * 50 + 50, 64).reshape(-1, 8, 8, 1).astype(np.uint8)
    sheet = np.asarray(contact_sheet(images, labels, ("low", "middle", "high")))
    side = 8 * ZOOM
    assert sheet.shape == (
        GAP + 3 * (side + GAP),
        MARGIN + COLUMNS * (side + GAP),
        3,
    )
    for row, grey in enumerate((50, 100, 150)):
        top = GAP + row * (side + GAP)
        for column in range(4):
            left = MARGIN + column * (side + GAP)
            assert (sheet[top : top + side, left : left + side] == grey).all()
        assert (sheet[top : top + side, MARGIN + 4 * (side + GAP) :] == 255).all()
        name = sheet[top : top + side, :MARGIN]
        assert (name < 128).any(), "the class's name is written beside its row"


def test_colours_stay() -> None:
    """The three channels are red, green and blue."""
    images = np.zeros((1, 8, 8, 3), np.uint8)
    images[..., 0] = 200
    sheet = contact_sheet(images, np.zeros(1, np.uint8), ("red",))
    assert sheet.getpixel((MARGIN + 3, GAP + 3)) == (200, 0, 0)


def test_large_images_and_long_names_fit() -> None:
    """Pictures are at most 128 pixels wide, and a name ends before they begin."""
    images = np.full((1, 256, 512, 3), 7, np.uint8)
    sheet = contact_sheet(images, np.zeros(1, np.uint8), ("a name of more letters than most classes have",))
    assert sheet.height == 64 + 2 * GAP
    left = sheet.width - COLUMNS * (LARGEST + GAP)
    assert left > MARGIN
    assert sheet.getpixel((left, GAP)) == (7, 7, 7)
    assert (np.asarray(sheet)[:, left - 6 : left] == 255).all()


def left_of_images(*names: str) -> np.ndarray:
    """Return what is written beside the rows, an array of (row, height, width)."""
    images, labels = np.zeros((len(names), 16, 16, 1), np.uint8), np.arange(len(names), dtype=np.uint8)
    sheet = np.asarray(contact_sheet(images, labels, names).convert("L"))
    return np.stack([sheet[GAP + row * (32 + GAP) :][:32, :MARGIN] for row in range(len(names))])


def test_each_name_begins_with_the_number_of_its_class() -> None:
    """It tells classes apart whose names no font here can write."""
    first, second = left_of_images("\U0010ffff", "\U0010ffff")
    assert (first != second).any()


def test_names_of_plain_letters_are_in_pillows_own_font(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sheet is the same on every machine."""
    expected = left_of_images("cat", "dog")
    monkeypatch.setattr(module, "_fonts", lambda: iter([ImageFont.load_default(14)]))
    np.testing.assert_array_equal(left_of_images("cat", "dog"), expected)


@pytest.mark.parametrize(("one", "other"), [("é", "è"), ("Ж", "Ш"), ("Ω", "Δ")])
def test_names_in_other_letters_are_readable(one: str, other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Different letters look different; Pillow's own font has a box for each, that of matplotlib has them."""
    monkeypatch.setattr(module, "FONTS", ())
    assert (left_of_images(one, "x")[0] != left_of_images(other, "x")[0]).any()


def test_a_font_that_is_installed_is_used_if_it_has_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is no font is passed over."""
    own, *more = (font for font in module._fonts())
    monkeypatch.setattr(module, "FONTS", (__file__, "nowhere.ttf", more[0].path))
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)
    assert [font.path for font in [*module._fonts()][1:]] == [more[0].path]
    assert (module._missing(own, "aЖ 貓"), module._missing(more[0], "aЖ 貓")) == (2, 1)
