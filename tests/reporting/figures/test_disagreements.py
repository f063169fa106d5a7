import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from dscnn.reporting.figures import disagreements
from frames import IMAGES, LOOKS, TABLES


def test_an_image_stands_above_its_classes_and_seeds() -> None:
    """Images 12 to 14 are right in two of Regular's seeds, and in one of Separable's."""
    _, axes = plt.subplots()
    table = TABLES["disagreements"]
    assert table["image"].tolist() == [12, 13, 14]
    disagreements.sheet(axes, table, LOOKS)
    title, first, *others = (text.get_text() for text in axes.texts)
    assert title == "Regular right, Separable wrong"
    assert len(axes.images) == len(table) == len(others) + 1
    row = table.iloc[0]
    assert first == f"{row['label']}\n→ {row['predicted']}\n{row['right']}/3 : {row['wrong']}/3"
    np.testing.assert_array_equal(axes.images[0].get_array(), IMAGES[row["image"]].squeeze())
    plt.close()


def test_each_side_has_a_row_of_its_own() -> None:
    """The second below the first and what is said of it, and no picture outside the axes."""
    _, axes = plt.subplots()
    table = TABLES["disagreements"]
    disagreements.sheet(axes, pd.concat([table, table.assign(only="Separable")]), LOOKS)
    titles = [text for text in axes.texts if "wrong" in text.get_text()]
    assert [text.get_text() for text in titles] == ["Regular right, Separable wrong", "Separable right, Regular wrong"]
    bottoms, tops = zip(*(image.get_extent()[2:] for image in axes.images), strict=True)
    assert tops == (tops[0],) * 3 + (tops[3],) * 3
    assert tops[3] > titles[1].get_position()[1] > axes.texts[1].get_position()[1] > bottoms[0] > tops[0]
    assert axes.get_ylim()[0] > bottoms[3]
    plt.close()


@pytest.mark.parametrize("shape", [(4, 4, 1), (4, 4, 3)])
def test_grey_and_coloured_images_can_be_drawn(shape: tuple[int, ...]) -> None:
    """Grey ones from black to white, whatever is in them."""
    _, axes = plt.subplots()
    table = TABLES["disagreements"].iloc[:1].assign(pixels=[np.full(shape, 9, np.uint8)])
    disagreements.sheet(axes, table, LOOKS)
    assert axes.images[0].get_clim() == (0, 255)
    axes.figure.canvas.draw()
    plt.close()


@pytest.mark.parametrize(("shape", "drawn"), [((4, 8, 1), (1.0, 0.5)), ((8, 4, 3), (0.5, 1.0)), ((4, 4, 1), (1, 1))])
def test_an_image_keeps_its_proportions(shape: tuple[int, ...], drawn: tuple[float, float]) -> None:
    """Its longer side is 1; width and height as in its pixels."""
    _, axes = plt.subplots()
    table = TABLES["disagreements"].iloc[:1].assign(pixels=[np.full(shape, 9, np.uint8)])
    disagreements.sheet(axes, table, LOOKS)
    left, right, bottom, top = axes.images[0].get_extent()
    assert (right - left, bottom - top) == pytest.approx(drawn)
    plt.close()
