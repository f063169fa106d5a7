import re
from html.parser import HTMLParser

import pandas as pd
import pytest

import tiny
from dscnn.experiment import params
from dscnn.reporting import chapters, page
from dscnn.reporting.figures.catalogue import FIGURES
from frames import BENCHMARKS, LOOKS, TABLES, source


class Elements(HTMLParser):
    """The elements of a page with their attributes, and that each that was opened was closed."""

    VOID = ("meta", "link", "br", "hr", "img", "input")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


SETTINGS = params.check(tiny.params())


@pytest.fixture(scope="module")
def text() -> str:
    return page.page(source(SETTINGS), LOOKS)


def test_the_page_needs_nothing_else(text: str) -> None:
    """No address of a network, no file beside it, and no more than two megabytes."""
    elements = Elements(text)
    assert elements.open == []
    outside = [
        value
        for tag, attributes in elements.found
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href", "srcset", "action", "data") and not re.match("#|data:", str(value))
    ]
    assert outside == []
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    assert len(text.encode()) < 2_000_000


def test_every_id_is_there_once_and_every_link_leads_to_one(text: str) -> None:
    elements = Elements(text)
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [str(attributes["href"])[1:] for tag, attributes in elements.found if tag == "a"]
    assert links
    assert set(links) <= set(ids)
    filled = set(re.findall(r"url\(#(.+?)\)", text))
    assert {"hatch-0", "hatch-1"} <= filled <= set(ids)


def test_a_hatch_pattern_is_there_once_for_all_drawings(text: str) -> None:
    patterns = re.findall(r'<pattern id=".+?"(.+?)</pattern>', text, re.DOTALL)
    assert 1 < len(patterns) == len(set(patterns))


def test_the_page_has_every_chapter_figure_and_detail(text: str) -> None:
    """A heading each; a drawing has words for those who do not see it."""
    made = list(chapters.chapters(source(SETTINGS)))
    assert re.findall(r"<h2>(.*?)</h2>", text) == ["The answer", *(chapter.title for chapter in made)]
    for chapter in made:
        assert f'<section id="{chapter.anchor}">' in text
        for block in chapter.blocks:
            for title, _ in block.details:
                assert f"<summary>{title}</summary>" in text
    for figure in FIGURES.values():
        title = figure.title.replace("'", "&#39;")
        assert f'role="img" aria-label="{title}: ' in text, title
    assert "in Separable the parts alone take longer than the step" in text, "what a panel leaves out"


def test_further_widths_fold_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first is open; the others are one line each, so that the page stays short."""
    monkeypatch.setattr(page, "svgs", lambda *_: ())  # what is drawn in them is not looked at
    both = {("stripes", width): BENCHMARKS["stripes", "0.5"] for width in ("0.5", "1")}
    twice = {name: pd.concat([table, table.assign(width="1")]) for name, table in TABLES.items() if "width" in table}
    two = source(SETTINGS, tables=TABLES | twice, benchmarks=both)
    made = page.page(two, LOOKS)
    assert Elements(made).open == []
    heads, folded = re.findall("<h3>(stripes.*?)</h3>", made), re.findall("<summary>(stripes.*?)</summary>", made)
    assert set(folded) == {"stripes, width 1"}
    assert len(folded) == sum(len(chapter.blocks) > 1 for chapter in chapters.chapters(two))
    assert "stripes, width 0.5" in heads


def test_a_table_can_be_read_out_and_scrolled() -> None:
    """Its heads have a scope, a row's first cell is its head, and it is named by its first column."""
    made = page.markdown(["| what & why | n |\n| :-- | --: |\n| **A** | 1 |\n| B |  |"])
    assert made == (
        '<div class="table" role="region" tabindex="0" aria-label="Table: what &amp; why">\n'
        "<table>\n<thead>\n<tr>\n"
        '<th style="text-align:left" scope="col">what &amp; why</th>\n<th style="text-align:right" scope="col">n</th>\n'
        "</tr>\n</thead>\n<tbody>\n"
        '<tr>\n<th style="text-align:left" scope="row"><strong>A</strong></th>\n'
        '<td style="text-align:right">1</td>\n</tr>\n'
        '<tr>\n<th style="text-align:left" scope="row">B</th>\n<td style="text-align:right"></td>\n</tr>\n'
        "</tbody>\n</table>\n</div>\n"
    )


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a <b>bold</b> one"])
def test_markup_in_a_name_is_text(name: str) -> None:
    """A class of one's own images may be called anything."""
    assert "<script>" not in page.markdown([name])
    assert "<b>" not in page.markdown([f"| {name} |\n| :-- |\n| {name} |"])


def test_the_same_numbers_give_the_same_page(text: str) -> None:
    """So DVC sees no change where there is none."""
    assert page.page(source(SETTINGS), LOOKS) == text


def test_a_cell_of_many_words_may_go_on_in_a_new_line() -> None:
    """Numbers may not: two halves of one would look like two."""
    words = "faster at 0.125 and 0.25; not told apart at 0.03125"
    made = page.markdown([f"| a | b |\n| :-- | --: |\n| 0.9660 to 0.9760 | {words} |\n| {words} | 1 |"])
    assert re.findall(r'<t[hd][^>]*class="long"[^>]*>([^<]+)<', made) == [words, words]
