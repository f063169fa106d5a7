import matplotlib.pyplot as plt
import numpy as np
import pytest

from dscnn.reporting.figures import disagreements
from frames import IMAGES, LOOKS, TABLES


def test_an_image_stands_above_its_classes_and_seeds() -> None:
    """Images 15 to 20 are right in one or two of Regular's seeds, and wrong in all of Separable's."""
    _, axes = plt.subplots()
    table = TABLES["disagreements"]
    disagreements.sheet(axes, table, LOOKS)
    title, first, *others = (text.get_text() for text in axes.texts)
    assert title == "Regular right, Separable wrong"
    assert len(axes.images) == len(table) == len(others) + 1
    row = table.iloc[0]
    assert first == f"{row['label']}\n→ {row['predicted']}\n{row['right']}/3 : {row['wrong']}/3"
    np.testing.assert_array_equal(axes.images[0].get_array(), IMAGES[row["image"]].squeeze())
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
