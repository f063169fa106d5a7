import io
import re
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from dscnn.reporting.figures import catalogue, panels, places
from dscnn.reporting.figures.catalogue import FIGURES, Figure
from dscnn.reporting.tables.one_image import KERAS, LITE
from frames import LOOKS, TABLES

BARS = Figure("FLOPs", "networks", "of an image", panels.bars("flops", "FLOPs"))
NETWORKS = TABLES["networks"]


def picture(figure: Figure, table: pd.DataFrame) -> Image.Image:
    return Image.open(io.BytesIO(catalogue.png(figure, table, LOOKS, "t")))


def test_each_experiment_has_its_panel_and_bytes_repeat() -> None:
    """Two widths are two panels side by side; the PNG has no date."""
    twice = pd.concat([NETWORKS, NETWORKS.assign(width="2")])
    one, two = catalogue.png(BARS, twice, LOOKS, "t"), catalogue.png(BARS, twice, LOOKS, "t")
    assert one == two
    assert picture(BARS, twice).width == 2 * picture(BARS, NETWORKS).width


def test_many_panels_go_on_in_a_new_row() -> None:
    """Five widths are three panels and two below them; the place of a sixth is empty."""
    five = pd.concat(NETWORKS.assign(width=str(width)) for width in range(5))
    one, all_of_them = picture(BARS, NETWORKS), picture(BARS, five)
    assert all_of_them.size == (3 * one.width, 2 * one.height)
    corner = all_of_them.convert("L").crop((2 * one.width, round(1.1 * one.height), 3 * one.width, 2 * one.height))
    assert corner.getextrema()[0] == corner.getextrema()[1]


def test_a_panel_has_its_place_and_the_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure across widths has them in one panel."""
    seen: list[tuple[str, int]] = []
    figure = Figure("t", "networks", "n", lambda axes, rows, _: seen.append((axes.get_title(), len(rows))))
    both = pd.concat([NETWORKS, NETWORKS.assign(width="2")])
    catalogue.png(figure, both, LOOKS, "t")
    catalogue.png(figure._replace(split=places.by_dataset, note=""), both, LOOKS, "t")
    assert seen == [("stripes, width 0.5; n", 2), ("stripes, width 2; n", 2), ("stripes", 4)]


def test_a_caption_says_what_a_panel_leaves_out() -> None:
    """Here Separable's rest of the step, which is below zero; other figures leave nothing out."""
    captions = {
        name: [figure.caption(panel) for row in figure.split(TABLES[figure.source]) for panel in row]
        for name, figure in FIGURES.items()
    }
    assert captions["time_by_operation"] == [
        "stripes, width 0.5; layers timed alone, forward and backward; line: the whole step; in Separable the parts"
        " alone take longer than the step"
    ]
    assert captions["flops"] == ["stripes, width 0.5"]


def test_a_caption_says_by_what_one_image_was_timed() -> None:
    """And what the horizontal line is."""
    for by in (KERAS, LITE):
        ((panel,),) = places.by_dataset(NETWORKS.assign(image_by=by))
        said = f"; by {by}; horizontal: 95% interval over the rounds"
        assert FIGURES["accuracy_by_latency"].caption(panel).endswith(said)


@pytest.mark.parametrize("size", [(4.8, 4.8), (6.4, 4.4)])
def test_a_long_title_stays_over_its_own_panel(size: tuple[float, float]) -> None:
    """It is broken into lines, as wide as the panel at most."""
    widths: list[float] = []

    def draw(axes: Any, *_: object) -> None:
        widths.append(axes.title.get_window_extent().width / axes.figure.dpi)

    figure = Figure("t", "networks", "percent of the images of a class, mean over the seeds " * 3, draw, size=size)
    catalogue.png(figure, NETWORKS, LOOKS, "t")
    assert 0.6 * size[0] < widths[0] < size[0]


def test_a_long_title_beside_long_labels_is_not_cut() -> None:
    """Labels move the square of a panel, and its title, to the right; the last ends where the picture does."""
    drawn: list[Any] = []

    def draw(axes: Any, *_: object) -> None:
        axes.imshow([[0] * 10] * 10)
        axes.set_xticks(range(10), ["automobile"] * 10, rotation=90)
        axes.set_yticks(range(10), ["automobile"] * 10)
        axes.set(xlabel="predicted class", ylabel="true class")
        drawn.append(axes)

    note = "percent of the images of a class, mean over the seeds"
    names = ["RegularConv", "BothConv", "SeparableConv"]
    networks = pd.DataFrame({"dataset": "cifar10", "width": "0.125", "architecture": names})
    catalogue.png(Figure("t", "networks", note, draw, places.by_network, (4.8, 4.8)), networks, LOOKS, "t")
    canvas = drawn[-1].figure
    canvas.draw_without_rendering()
    for axes in drawn:
        room = canvas.bbox.x1 - axes.title.get_window_extent().x1
        assert room > 20, "pixels: letters are drawn a little wider than they are laid out"


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_can_be_drawn(name: str) -> None:
    """From the tables made by hand; and where there is nothing to show, the picture says so."""
    figure = FIGURES[name]
    table = TABLES[figure.source]
    full, bare = picture(figure, table), picture(figure._replace(draw=lambda *_: None), table)
    assert full.tobytes() != bare.tobytes(), "more than axes and titles"
    empty = picture(figure, table.iloc[:0])
    assert len(empty.convert("L").getcolors()) > 5, "words"
    assert empty.width == round(110 * figure.size[0])


@pytest.mark.parametrize("name", FIGURES)
def test_every_panel_is_an_element_of_a_page(name: str) -> None:
    """No id is there twice, no date, no reference to anything outside; the same tables give the same text."""
    drawn = list(catalogue.svgs(name, TABLES[FIGURES[name].source], LOOKS))
    again = list(catalogue.svgs(name, TABLES[FIGURES[name].source], LOOKS))
    assert [svg for _, svg in drawn] == [svg for _, svg in again]
    ids = [each for _, svg in drawn for each in re.findall(r'\bid="([^"]+)"', svg)]
    assert ids
    assert len(ids) == len(set(ids))
    for panel, svg in drawn:
        assert panel.place[0] == "stripes"
        assert svg.startswith("<svg")
        outside = [
            each for each in re.findall(r'(?:href|src)="([^"]*)"', svg) if each[:1] != "#" and each[:5] != "data:"
        ]
        assert outside == []
        assert not re.search(r"<dc:date>|#000000", svg), "ink is the page's"


def test_curves_of_the_test_split_say_so() -> None:
    """The titles of curves change, those of bars do not."""
    other = {name for name, own in FIGURES.items() if catalogue.titled(own, True) != catalogue.titled(own, False)}
    assert other == {"val_loss", "val_accuracy", "accuracy_by_time"}
    assert catalogue.titled(FIGURES["val_loss"], True) == "Validation loss by epoch (on the test split)"


def test_each_figure_is_drawn_from_the_table_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, in order, with their titles."""
    monkeypatch.setattr(catalogue, "png", lambda _, table, looks, title: f"{table} {sorted(looks)} {title}".encode())
    made = dict(catalogue.draw_all({name: name for name in TABLES}, LOOKS, on_test=True))
    assert list(made) == list(FIGURES)
    assert made["train_time"] == b"networks ['Regular', 'Separable'] Train time"
    assert made["val_loss"].endswith(b"Validation loss by epoch (on the test split)")
