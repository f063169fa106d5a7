"""The page of the report in a real browser: on screens and paper, by keyboard, without a network."""

from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

import browser
import tiny
from dscnn.experiment import params
from dscnn.reporting.figures.catalogue import FIGURES
from dscnn.reporting.page import page as made
from frames import LOOKS, source

SETTINGS = params.check(tiny.params())
HEADS = "[...document.querySelectorAll('#accuracy table')[0].tHead.rows[0].cells]"
ROWS = "[...document.querySelectorAll('#accuracy table')[0].tBodies[0].rows].map(row => row.cells[0].textContent)"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(made(source(SETTINGS), LOOKS))
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1000, 2000])
def test_the_page_fits_the_window(page: browser.Page, report: Path, width: int, scheme: browser.Scheme) -> None:
    """Nothing is asked of a network, nothing is wrong in the console, nothing is cut off at the side."""
    page.open(report, width, scheme=scheme)
    assert page.messages() == []
    assert page.outside() == []
    assert not page.wider_than_window()
    page.value("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert not page.wider_than_window(), "with all details open"
    cut = page.value(
        "[...document.querySelectorAll('figure svg')].filter(each => { const box = each.getBoundingClientRect();"
        " return box.width < 200 || box.height < 100 || box.right > innerWidth; }).length"
    )
    assert cut == 0
    assert page.value("document.querySelectorAll('figure svg').length") >= len(FIGURES)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_drawings_have_the_ink_of_the_scheme(page: browser.Page, report: Path, scheme: browser.Scheme) -> None:
    """Dark on light, or light on dark; in the drawings too."""
    page.open(report, scheme=scheme)
    colours = page.value(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor,"
        " getComputedStyle(document.querySelector('figure svg text')).fill].map(each => each.match(/\\d+/g)[0] * 1)"
    )
    ink, paper, drawn = colours
    assert ink == drawn
    assert (ink < 60 and paper > 240) if scheme == "light" else (ink > 200 and paper < 40)


def test_labels_are_inside_their_drawing(page: browser.Page, report: Path) -> None:
    """No text of a figure is cut off at its edge, by the fonts of this browser."""
    page.open(report)
    page.value("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    outside = page.value(
        "[...document.querySelectorAll('figure svg text')].filter(each => { const box = each.getBoundingClientRect(),"
        " own = each.closest('svg').getBoundingClientRect();"
        " return box.left < own.left - 2 || box.right > own.right + 2"
        " || box.top < own.top - 2 || box.bottom > own.bottom + 2; }).map(each => each.textContent)"
    )
    assert outside == []


def test_a_table_is_sorted_by_a_column(page: browser.Page, report: Path) -> None:
    """By keyboard: Enter sorts, Enter again turns it round; numbers by their size. Readers are told."""
    page.open(report)
    assert page.value(ROWS) == ["Regular", "Separable"]
    column = page.value(f"{HEADS}.findIndex(each => each.textContent === 'multiply-adds')")
    page.value(f"{HEADS}[{column}].querySelector('button').focus()")
    page.press(Keys.ENTER)
    assert page.value(ROWS) == ["Separable", "Regular"]
    assert page.value(f"{HEADS}[{column}].ariaSort") == "ascending"
    page.press(Keys.SPACE)
    assert page.value(ROWS) == ["Regular", "Separable"]
    assert page.value(f"{HEADS}[{column}].ariaSort") == "descending"
    page.press(Keys.SHIFT + Keys.TAB)
    page.press(Keys.ENTER)
    assert page.value(f"{HEADS}.filter(each => each.ariaSort).length") == 1, "one column at a time"


@pytest.mark.parametrize(
    ("cells", "ascending"),
    [
        (["1,000", "20", "3"], ["3", "20", "1,000"]),
        (["+1.50 points", "-2.00 points", "+0.10 points"], ["-2.00 points", "+0.10 points", "+1.50 points"]),
        (["0.020", "< 0.001", ""], ["< 0.001", "0.020", ""]),
        (["not reached", "3 / 26.7 s", "2 / 5 s"], ["2 / 5 s", "3 / 26.7 s", "not reached"]),
        (["seed 10", "seed 9"], ["seed 9", "seed 10"]),
    ],
)
def test_cells_are_sorted_as_people_read_them(
    page: browser.Page, tmp_path: Path, cells: list[str], ascending: list[str]
) -> None:
    """Numbers with their signs and units, words by their letters, what is empty last."""
    script = (Path(made.__code__.co_filename).parent / "templates/page.js").read_text()
    rows = "".join(f"<tr><td>{each.replace('<', '&lt;')}</td></tr>" for each in cells)
    path = tmp_path / "table.html"
    path.write_text(
        "<!doctype html><table><thead><tr><th>n</th></tr></thead>"
        f"<tbody>{rows}</tbody></table><script>{script}</script>"
    )
    page.open(path)
    page.value("document.querySelector('th button').click()")
    assert page.value("[...document.querySelectorAll('td')].map(each => each.textContent)") == ascending


def test_details_open_by_keyboard_and_on_paper(page: browser.Page, report: Path) -> None:
    """Printing shows all of them, and leaves the screen as it was."""
    page.open(report)
    page.press(Keys.TAB)
    assert "Skip to the answer" in page.focused()
    page.value("document.querySelector('summary').focus()")
    page.press(Keys.ENTER)
    opened = "document.querySelectorAll('details[open]').length"
    assert page.value(opened) == 1
    page.value(
        "window.onbeforeprint = () => { window.seen = document.querySelectorAll('details:not([open])').length; }"
    )
    assert page.pdf().startswith(b"%PDF")
    assert page.value("window.seen") == 0, "all are open while it is printed"
    assert page.value(opened) == 1


def test_the_contents_lead_to_the_chapters(page: browser.Page, report: Path) -> None:
    """Every link of the contents ends at a heading that is seen."""
    page.open(report)
    targets = page.value("[...document.querySelectorAll('nav a')].map(link => link.getAttribute('href'))")
    assert len(targets) > 5
    page.value("document.documentElement.style.scrollBehavior = 'auto'")  # at once, where a person sees it move
    for number, target in reversed([*enumerate(targets)]):
        page.value(f"[...document.querySelectorAll('nav a')].at({number}).click()")
        page.until(
            f"(top => -1 <= top && top < innerHeight)(document.querySelector('{target}').getBoundingClientRect().top)"
        )
