import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
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
    assert sum(len(panel.rows) for row in grid for panel in row) == len(both)


def test_a_line_has_its_band_and_the_first_architecture_is_one() -> None:
    """Both axes are logarithmic; below are the measured values."""
    figure, axes = plt.subplots(layout="constrained")
    two = pd.concat([TABLE, TABLE.assign(precision="mixed_bfloat16")])
    breakeven.ratios(axes, two[(two["axis"] == "width") & (two["direction"] == "training")], LOOKS)
    one, plain, dashed = axes.lines
    assert list(one.get_ydata()) == [1, 1]
    assert [line.get_xdata().tolist() for line in (plain, dashed)] == [[0.25, 0.5, 1]] * 2
    assert plain.get_ydata().tolist() == [1.5, 1.0, 0.5]
    assert [line.get_linestyle() for line in (one, plain, dashed)] == ["-", "-", "--"]
    assert [line.get_color() for line in (one, plain, dashed)] == ["#0072B2", "#E69F00", "#E69F00"]
    ends = axes.collections[0].get_paths()[0].vertices
    assert np.isclose([ends[:, 1].min(), ends[:, 1].max()], [0.45, 1.65]).all()
    assert axes.get_xscale() == axes.get_yscale() == "log"
    assert axes.get_xticks().tolist() == [0.25, 0.5, 1]
    assert {0.5, 1.0, 2.0} <= set(axes.get_yticks())
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "Regular", "Separable, float32", "Separable, mixed_bfloat16",
    ]  # fmt: skip
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
