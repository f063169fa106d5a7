import pandas as pd

from dscnn.experiment import params
from dscnn.reporting import chapters
from dscnn.reporting.chapters import Chapter
from dscnn.reporting.figures.catalogue import FIGURES
from dscnn.reporting.sections import accuracy, breakeven, conditions, cost, equal_cost, predicted, results
from frames import (
    ARMS,
    BENCHMARKS,
    BREAKEVEN,
    CHANGES,
    DIFFERENCES,
    EPOCHS,
    NETWORKS,
    PREDICTED,
    REFERENCE,
    RELATIVE,
    TABLES,
    source,
)


def by_anchor(settings: params.Params, **changed: object) -> dict[str, Chapter]:
    return {chapter.anchor: chapter for chapter in chapters.chapters(source(settings, **changed))}


def test_the_chapters_have_an_order_and_each_says_something(settings: params.Params) -> None:
    """What is asked most comes first; the reference is there if there is one."""
    made = by_anchor(settings, references={"there": REFERENCE})
    assert list(made) == [
        "accuracy", "cost", "training", "step", "break-even", "size", "classes", "reference", "data", "conditions"
    ]  # fmt: skip
    for chapter in made.values():
        for block in chapter.blocks:
            assert block.text, chapter.anchor
            assert all(paragraph.strip() for _, said in block.details for paragraph in said)
    assert "reference" not in by_anchor(settings)


def test_every_figure_is_shown_once(settings: params.Params) -> None:
    """Beside the text, or folded away."""
    shown = [name for chapter in by_anchor(settings).values() for block in chapter.blocks
             for name in (*block.figures, *block.more)]  # fmt: skip
    assert sorted(shown) == sorted(FIGURES)


def test_the_sections_are_in_their_chapters(settings: params.Params) -> None:
    """With the rows of their data set and width."""
    made = by_anchor(settings)
    (block,) = made["accuracy"].blocks
    assert block.title == "stripes, width 0.5"
    for said in accuracy.sentences(DIFFERENCES, 1.0, 30):
        assert said in block.text
    first = block.text.index(results.result_table(NETWORKS, on_test=False))
    assert block.text[first + 1] == results.CONVENTION, "below the first table"
    assert dict(block.details)["Every training run"] == [results.arm_table(ARMS, on_test=False)]
    assert made["training"].blocks[0].text[-1] == results.reached_table(EPOCHS)
    assert made["cost"].blocks[0].text[:2] == equal_cost.fronts(NETWORKS)
    (step,) = made["step"].blocks
    assert step.text == cost.answer(NETWORKS, RELATIVE, CHANGES, BENCHMARKS["stripes", "0.5"])
    assert dict(step.details)["What the installed kernels reach"] == predicted.section(PREDICTED)
    assert made["break-even"].blocks[0].text == breakeven.section(BREAKEVEN)
    assert made["conditions"].blocks[0].text == [conditions.holds_for(settings, ARMS)]


def test_each_place_has_its_block_and_its_own_rows(settings: params.Params) -> None:
    """Two widths have a block each; what is of a data set has one. The verdict of each width is in its block."""
    twice = {name: pd.concat([table, table.assign(width="1")]) for name, table in TABLES.items() if "width" in table}
    twice["arms"] = twice["arms"].assign(test_images=[30] * 6 + [300] * 6)
    both = {("stripes", width): BENCHMARKS["stripes", "0.5"] for width in ("0.5", "1")}
    made = by_anchor(settings, tables=TABLES | twice, benchmarks=both)
    one, two = made["accuracy"].blocks
    assert (one.title, two.title) == ("stripes, width 0.5", "stripes, width 1")
    assert "same 30 test images" in one.details[0][1][1]
    assert "same 300 test images" in two.details[0][1][1]
    assert one.text[0].startswith("- **Separable instead of Regular")
    assert [block.place for block in made["cost"].blocks] == [("stripes",)]


def test_validation_on_test_is_said(settings: params.Params) -> None:
    """The choice of the reference experiment is said in the conditions, and in every table with accuracies."""
    made = by_anchor(settings.model_copy(update={"validation": "test"}))
    assert made["conditions"].blocks[0].text[0].startswith("**The validation split is the test split**")
    (block,) = made["accuracy"].blocks
    assert "\n".join([*block.text, *dict(block.details)["Every training run"]]).count("(test is validation)") == 3
    assert by_anchor(settings)["conditions"].blocks[0].text[0].startswith("- Training:")
