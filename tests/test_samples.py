import numpy as np

from dscnn import samples


def test_the_sheet_has_a_row_for_each_class() -> None:
    """Rows of pictures, enlarged, each of its own class's grey; beside them white."""
    labels = np.array([0, 1, 2] * 4, np.uint8)
    images = np.repeat(labels * 50 + 50, 64).reshape(-1, 8, 8, 1).astype(np.uint8)
    sheet = np.asarray(samples.contact_sheet(images, labels, ("low", "middle", "high")))
    side = 8 * samples.ZOOM
    assert sheet.shape == (
        samples.GAP + 3 * (side + samples.GAP),
        samples.MARGIN + samples.COLUMNS * (side + samples.GAP),
        3,
    )
    for row, grey in enumerate((50, 100, 150)):
        top = samples.GAP + row * (side + samples.GAP)
        for column in range(4):
            left = samples.MARGIN + column * (side + samples.GAP)
            assert (sheet[top : top + side, left : left + side] == grey).all()
        assert (sheet[top : top + side, samples.MARGIN + 4 * (side + samples.GAP) :] == 255).all()
        name = sheet[top : top + side, : samples.MARGIN]
        assert (name < 128).any(), "the class's name is written beside its row"


def test_colours_stay() -> None:
    """Three channels are red, green and blue."""
    images = np.zeros((1, 8, 8, 3), np.uint8)
    images[..., 0] = 200
    sheet = samples.contact_sheet(images, np.zeros(1, np.uint8), ("red",))
    assert sheet.getpixel((samples.MARGIN + 3, samples.GAP + 3)) == (200, 0, 0)


def test_large_images_and_long_names_fit() -> None:
    """Pictures are at most 128 pixels wide, and a name ends before they begin."""
    images = np.full((1, 256, 512, 3), 7, np.uint8)
    sheet = samples.contact_sheet(images, np.zeros(1, np.uint8), ("a name of more letters than most classes have",))
    assert sheet.height == 64 + 2 * samples.GAP
    left = sheet.width - samples.COLUMNS * (samples.LARGEST + samples.GAP)
    assert left > samples.MARGIN
    assert sheet.getpixel((left, samples.GAP)) == (7, 7, 7)
    assert (np.asarray(sheet)[:, left - 6 : left] == 255).all()
