import re

from dscnn.experiment import params
from dscnn.reporting import chapters
from dscnn.reporting.figures.catalogue import FIGURES
from dscnn.reporting.report import SHORT, report
from frames import source


def test_the_report_opens_with_the_answer_and_keeps_the_main_chapters(settings: params.Params) -> None:
    """The others are links to the page."""
    text = report(source(settings))
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## The answer",
        "## How accurate is each?",
        "## What does accuracy cost?",
        "## How soon is an accuracy reached?",
        "## Where does the time of a training step go?",
        "## What do these numbers hold for?",
        "## More questions",
        "## Figures",
    ]
    for chapter in chapters.chapters(source(settings)):
        said = [paragraph for block in chapter.blocks for paragraph in block.text]
        assert all(f"\n\n{paragraph}\n" in text for paragraph in said) == (chapter.anchor in SHORT), chapter.anchor
        folded = any(block.details for block in chapter.blocks)
        assert (f"(../plots/report.html#{chapter.anchor})" in text) == (folded or chapter.anchor not in SHORT)
    assert text.endswith(")\n")


def test_what_folds_away_is_named_with_a_link(settings: params.Params) -> None:
    """Its paragraphs are on the page alone."""
    text = report(source(settings))
    assert (
        "On [the page](../plots/report.html#accuracy): How the accuracies were compared; How good the predicted"
        " probabilities are; Every training run." in text
    )
    assert "McNemar" not in text


def test_every_figure_and_the_samples_have_a_link(settings: params.Params) -> None:
    """They lead from metrics/ to plots/."""
    links = re.findall(r"^- \[(.+)\]\(\.\./plots/(.+)\.png\)$", report(source(settings)), re.MULTILINE)
    assert [name for _, name in links] == [*FIGURES, "samples_stripes"]
    assert links[0][0] == FIGURES["accuracy"].title
    assert links[-1][0] == "Samples of stripes"
