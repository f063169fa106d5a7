import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from dscnn.reporting.figures import classes
from frames import CONFUSION, LOOKS


def test_a_class_is_a_line_and_an_architecture_a_mark() -> None:
    """Regular has 17 of 30 images of the class low right, Separable 12; the line between them shows the difference."""
    _, axes = plt.subplots()
    classes.recognised(axes, CONFUSION, LOOKS)
    marks = {each.get_label(): np.asarray(each.get_offsets())[0].tolist() for each in axes.collections[1:]}
    assert marks == {"Regular": [pytest.approx(56.67, abs=0.01), -0.1], "Separable": [pytest.approx(40), 0.1]}
    (ends,) = (segment[:, 0] for segment in axes.collections[0].get_segments()[:1])
    assert list(ends) == pytest.approx([40, 56.67], abs=0.01)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["low", "middle", "high"]
    assert axes.yaxis_inverted()
    plt.close()


def test_mistakes_by_hand() -> None:
    """What is right is left blank, so that the mistakes are seen; numbers are percent of the true class."""
    _, axes = plt.subplots()
    regular = CONFUSION[CONFUSION["architecture"] == "Regular"]
    classes.mistaken(axes, regular, LOOKS)
    assert {text.get_position(): text.get_text() for text in axes.texts}[1.5, 0.5] == "43.3"
    assert (0.5, 0.5) not in {text.get_position() for text in axes.texts}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")
    strength = np.asarray(axes.collections[0].get_alpha()).reshape(3, 3)
    assert strength.max() == pytest.approx(0.8)
    assert np.diag(strength).tolist() == [0, 0, 0]
    plt.close()


@pytest.mark.parametrize(("count", "ticks", "numbers"), [(12, 12, 12), (100, 12, 0)])
def test_of_many_classes_some_are_named(count: int, ticks: int, numbers: int) -> None:
    """And none has a number, which could not be read."""
    names = [f"class {i}" for i in range(count)]
    rows = pd.DataFrame(
        [
            {
                "architecture": "Regular",
                "label": a,
                "predicted": b,
                "share": 0.9 if a == b else 0.1 * (i == (j + 1) % count),
            }
            for i, a in enumerate(names)
            for j, b in enumerate(names)
        ]
    )
    _, axes = plt.subplots()
    classes.mistaken(axes, rows, LOOKS)
    assert len(axes.get_xticks()) == len(axes.get_yticks()) == ticks
    assert len(axes.texts) == numbers
    plt.close()


def test_a_network_without_mistakes_is_a_blank_matrix() -> None:
    _, axes = plt.subplots()
    rows = pd.DataFrame(
        [{"architecture": "Regular", "label": a, "predicted": b, "share": float(a == b)} for a in "xy" for b in "xy"]
    )
    classes.mistaken(axes, rows, LOOKS)
    assert not np.asarray(axes.collections[0].get_alpha()).any()
    assert len(axes.texts) == 0
    plt.close()
