"""metrics/report.md: the verdict, the main tables, and links to the page, which has everything."""

from collections.abc import Iterator
from pathlib import Path

from dscnn.core.paths import figure
from dscnn.reporting import chapters
from dscnn.reporting.figures.catalogue import FIGURES
from dscnn.reporting.opening import opening
from dscnn.reporting.sections import conditions, missing
from dscnn.reporting.source import Source

PATH = Path("metrics/report.md")
PAGE = Path("plots/report.html")
TITLE = "Separable against regular convolutions"
SHORT = ("accuracy", "cost", "training", "step", "conditions")  # chapters whose text is here too


def report(source: Source) -> str:
    """Return the report as Markdown; links lead to the page, and to the figures in plots/."""
    return "\n\n".join(_parts(source)) + "\n"


def _parts(source: Source) -> Iterator[str]:
    yield f"# {TITLE}"
    yield from missing.section(source.settings, source.missing)
    verdicts = opening(source)
    if verdicts:
        yield "## The answer"
        yield conditions.architectures(source.settings)
    for place, said in verdicts.items():
        yield f"On {place}:"
        yield "\n".join(said)
    made = list(chapters.chapters(source))
    page = f"../{PAGE}"
    yield f"[The page]({page}) has every figure and table, and works without a network. Open it in a browser."
    for chapter in made:
        if chapter.anchor in SHORT:
            yield f"## {chapter.title}"
            for block in chapter.blocks:
                if block.title:
                    yield f"### {block.title}"
                yield from block.text
                if block.details:
                    folded = "; ".join(title for title, _ in block.details)
                    yield f"On [the page]({page}#{chapter.anchor}): {folded}."
    yield "## More questions"
    yield "\n".join(f"- [{chapter.title}]({page}#{chapter.anchor})" for chapter in made if chapter.anchor not in SHORT)
    yield "## Figures"
    titles = {name: own.title for name, own in FIGURES.items()}
    titles |= {f"samples_{name}": f"Samples of {name}" for name in source.facts}
    yield "\n".join(f"- [{title}](../{figure(name)})" for name, title in titles.items())
