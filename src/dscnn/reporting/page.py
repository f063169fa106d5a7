"""plots/report.html: the whole report as one page that needs nothing else, to look at or to send."""

from collections.abc import Iterator
from pathlib import Path

import jinja2
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from dscnn.reporting import chapters
from dscnn.reporting.figures.catalogue import FIGURES, svgs, titled
from dscnn.reporting.figures.style import Looks, shared
from dscnn.reporting.opening import opening
from dscnn.reporting.report import TITLE
from dscnn.reporting.sections import conditions, missing
from dscnn.reporting.source import Source

TEMPLATES = Path(__file__).parent / "templates"
LONG = 40  # characters; a cell of more is words, and may go on in a new line


def page(source: Source, looks: Looks) -> str:
    """Return the page as HTML; `source.tables` has the pixels of the images that are shown."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    environment.filters["markdown"] = markdown
    drawn = _Drawn(source, looks)
    return environment.get_template("page.html").render(
        title=TITLE,
        style=Markup((TEMPLATES / "page.css").read_text("utf-8")),
        script=Markup((TEMPLATES / "page.js").read_text("utf-8")),
        missing=missing.section(source.settings, source.missing),
        architectures=conditions.architectures(source.settings),
        opening=opening(source),
        chapters=list(chapters.chapters(source)),
        figures=drawn.of,
        hatches=drawn.hatches,
    )


def markdown(paragraphs: list[str]) -> Markup:
    """Return Markdown paragraphs as HTML; the tables can be scrolled and sorted, and a row's first cell is its head."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse("\n\n".join(paragraphs))
    return Markup(reader.renderer.render(list(_accessible(tokens)), reader.options, {}))


def _accessible(tokens: list[Token]) -> Iterator[Token]:
    first, name = False, ""
    for i, token in enumerate(tokens):
        if token.type == "table_open":
            name = tokens[i + 4].content or "Table"  # of the first column's heading
            label = f"Table: {name}"
            yield _html(f'<div class="table" role="region" tabindex="0" aria-label="{Markup.escape(label)}">')
        if token.type == "tr_open":
            first = True
        if token.type == "th_open":
            token.attrSet("scope", "col")
            first = False
        if token.type in ("td_open", "td_close") and (first or token.meta.get("head")):
            token.tag = "th"
            if token.type == "td_open":
                token.attrSet("scope", "row")
                tokens[i + 2].meta["head"] = True
            first = False
        if token.type == "td_open" and len(tokens[i + 1].content) > LONG:
            token.attrSet("class", "long")
        yield token
        if token.type == "table_close":
            yield _html("</div>")


def _html(content: str) -> Token:
    return Token("html_block", "", 0, content=f"{content}\n")


class _Drawn:
    """The figures of the report, panel by panel, drawn once."""

    def __init__(self, source: Source, looks: Looks) -> None:
        self._titles = {name: titled(figure, source.on_test) for name, figure in FIGURES.items()}
        panels = [
            (name, panel, svg)
            for name, own in FIGURES.items()
            for panel, svg in svgs(name, source.tables[own.source], looks)
        ]
        drawings, hatches = shared(svg for _, _, svg in panels)
        self.hatches = Markup(hatches)
        self._panels = [(name, panel, Markup(svg)) for (name, panel, _), svg in zip(panels, drawings, strict=True)]

    def of(self, names: tuple[str, ...], place: tuple[str, ...]) -> Iterator[tuple[str, str, Markup]]:
        """Yield title, caption and drawing of each panel of the figures `names` that belongs to `place`."""
        for name in names:
            for own, panel, svg in self._panels:
                if (own, panel.place) == (name, place):
                    yield self._titles[name], FIGURES[name].caption(panel), svg
