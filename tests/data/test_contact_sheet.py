import numpy as np

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
