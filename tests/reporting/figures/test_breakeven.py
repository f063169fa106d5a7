import io
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dscnn.reporting.figures import breakeven, catalogue, style
from dscnn.reporting.tables.breakeven import breakeven_table
from swept import SWEPT

TABLE = breakeven_table({"stripes": SWEPT}, {"stripes": ["Regular", "Separable"]})
LOOKS = style.looks(["Regular", "Separable"])


def test_a_panel_for_each_direction_and_axis() -> None:
    """A row a data set and direction; the panel of one image by batch size has no rows."""
    both = pd.concat([TABLE, TABLE.assign(dataset="dots")])
    grid = breakeven.panels(both)
    assert [panel.title for panel in grid[0]] == [
        "stripes, a training step by width",
        "stripes, a training step by batch size",
    ]
    assert [panel.place for panel in grid[0]] == [("stripes",)] * 2
    assert [len(row) for row in grid] == [2] * 6
    assert [len(panel.rows) for panel in grid[2]] == [6, 0]
    assert grid[2][0].title == "stripes, inference of one image (Keras) by width"
    assert sum(len(panel.rows) for row in grid for panel in row) == len(both)


def test_a_line_has_its_intervals_and_the_first_architecture_is_one() -> None:
    """Both axes are logarithmic; below are the measured values, and lines stand a little beside them."""
    figure, axes = plt.subplots(layout="constrained")
    two = pd.concat([TABLE, TABLE.assign(precision="mixed_bfloat16")])
    breakeven.ratios(axes, two[(two["axis"] == "width") & (two["direction"] == "training")], LOOKS)
    one, plain, dashed = (line for line in axes.lines if not line.get_label().startswith("_"))
    assert list(one.get_ydata()) == [1, 1]
    left, right = (np.array(line.get_xdata()) / [0.25, 0.5, 1] for line in (plain, dashed))
    assert np.allclose([left * right, right / left], [[1] * 3, [4**breakeven.STEP] * 3]), "even on a log axis"
    assert plain.get_ydata().tolist() == [1.5, 1.0, 0.5]
    assert [line.get_linestyle() for line in (one, plain, dashed)] == ["-", "-", "--"]
    assert [line.get_markerfacecolor() for line in (plain, dashed)] == ["#E69F00", style.PAPER], "the second is hollow"
    assert [line.get_color() for line in (one, plain, dashed)] == ["#0072B2", "#E69F00", "#E69F00"]
    bars = [path.vertices for bars in axes.collections for path in bars.get_paths()]
    assert np.allclose(bars[0], [[0.25 * left[0], 1.35], [0.25 * left[0], 1.65]])
    assert np.allclose(bars[5], [[right[2], 0.45], [right[2], 0.55]])
    assert axes.get_xscale() == axes.get_yscale() == "log"
    assert axes.get_xticks().tolist() == [0.25, 0.5, 1]
    assert {0.5, 1.0, 2.0} <= set(axes.get_yticks())
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "Regular", "Separable, float32", "Separable, mixed_bfloat16",
    ]  # fmt: skip
    assert [each.get_markerfacecolor() for each in figure.legends[0].get_lines()[1:]] == ["#E69F00", style.PAPER]
    plt.close()


@pytest.mark.parametrize("values", [[1.0, 2.0, 4.0], [1.0, 1.01, 100.0], [28.0]])
@pytest.mark.parametrize("lines", [0, 1, 2, 14])
def test_lines_side_by_side_stay_at_their_value(values: list[float], lines: int) -> None:
    """In their order, around it, and nearer to it than to the next one."""
    factors = breakeven.apart(values, lines)
    assert len(factors) == lines
    assert factors == sorted(factors)
    assert math.isclose(math.prod(factors), 1)
    if lines and len(values) > 1:
        assert factors[-1] / factors[0] < (values[1] / values[0]) ** 0.5


def test_a_single_value_has_room_on_both_sides() -> None:
    """Its lines are points side by side, which do not spread over the whole panel."""
    _, axes = plt.subplots()
    rows = TABLE[(TABLE["axis"] == "width") & (TABLE["direction"] == "training") & (TABLE["value"] == 0.5)]
    breakeven.ratios(axes, rows, LOOKS)
    assert np.allclose(axes.get_xlim(), [0.25, 1])
    plt.close()


def test_a_panel_without_rows_is_blank() -> None:
    """It has no title either, that of one image by batch size."""
    _, axes = plt.subplots()
    axes.set_title("one image by batch size")
    breakeven.ratios(axes, TABLE[:0], LOOKS)
    assert (axes.get_title(), axes.axison) == ("", False)
    plt.close()


def test_the_figure_can_be_drawn_without_rows() -> None:
    """It is an output of the pipeline, so it is there even if all axes are left out."""
    figure = catalogue.FIGURES["break_even"]
    sizes = [Image.open(io.BytesIO(catalogue.png(figure, table, LOOKS, "t"))).size for table in (TABLE, TABLE[:0])]
    assert sizes[0] == (2 * sizes[1][0], 3 * sizes[1][1])
