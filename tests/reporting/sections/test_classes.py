import pandas as pd
import pytest

from dscnn.reporting.sections import classes
from frames import CONFUSION

# of classes a and b: A has 9 of 10 and 5 of 10 right, B 8 of 10 and none
ROWS = pd.DataFrame(
    [
        {
            "architecture": name,
            "label": label,
            "predicted": predicted,
            "share": share if label == predicted else 1 - share,
            "images": 10 * (share if label == predicted else 1 - share),
        }
        for name, shares in {"A": (0.9, 0.5), "B": (0.8, 0.0)}.items()
        for label, share in zip("ab", shares, strict=True)
        for predicted in "ab"
    ]
)


def test_what_stands_out_by_hand() -> None:
    """A class that is never recognised comes first; then the weakest class of each, and the largest difference."""
    assert classes.sentences(ROWS)[:3] == [
        "**B never recognises class b.**",
        "Recognised least by each: A: class b (50.0%), B: class b (0.0%).",
        "They differ most on class b: A 50.0%, B 0.0%.",
    ]


def test_several_classes_are_listed() -> None:
    """Neither network has an image of either right."""
    same = classes.sentences(ROWS.assign(share=ROWS["share"].mask(ROWS["label"] == ROWS["predicted"], 0.0)))
    assert same[:2] == ["**A never recognises classes a and b.**", "**B never recognises classes a and b.**"]
    assert same[2] == "Recognised least by each: A: classes a and b (0.0%), B: classes a and b (0.0%)."


def test_a_single_architecture_differs_from_nobody() -> None:
    """And it has all its classes right, so that none is missing."""
    (least, about) = classes.sentences(ROWS[ROWS["architecture"] == "A"])
    assert least == "Recognised least by each: A: class b (50.0%)."
    assert about == "Each percentage is of 10 test images, the mean over the seeds; differences may be chance."


def test_of_many_classes_a_single_architecture_has_the_least_recognised() -> None:
    """There is no other to differ from."""
    rows = pd.DataFrame(
        {"architecture": "A", "label": [f"c{i}" for i in range(21)], "share": [0.9 - i / 100 for i in range(21)]}
    )
    about, table = classes.by_class(rows.assign(predicted=rows["label"]))
    assert "of the 20 of 21 classes that it recognises least" in about
    assert table.splitlines()[2] == "| c20 | 0.700 |"
    assert "| c0 |" not in table


def test_a_name_that_markdown_would_read_otherwise_is_shown_as_it_is() -> None:
    """Stars would be taken for emphasis."""
    said = classes.sentences(ROWS.replace({"label": {"b": "*b*"}, "predicted": {"b": "*b*"}}))
    assert said[0] == r"**B never recognises class \*b\*.**"


def test_a_class_without_test_images_is_not_a_mistake() -> None:
    """Its accuracy is not known, and the table says so."""
    unknown = ROWS.assign(share=ROWS["share"].mask(ROWS["label"] == "b"))
    assert classes.sentences(unknown)[0] == "Recognised least by each: A: class a (90.0%), B: class a (80.0%)."
    assert classes.by_class(unknown)[1].splitlines()[3] == "| b | no image | no image |"
    assert classes.sentences(ROWS.assign(share=float("nan"))) == ["No class has a test image."]


def test_the_table_by_hand() -> None:
    """Regular has 17 of 30 low, Separable 12."""
    about, table = classes.by_class(CONFUSION)
    assert table.splitlines()[0] == "| class | Regular | Separable |"
    assert table.splitlines()[2] == "| low | 0.567 | 0.400 |"
    assert [line.split(" | ")[0] for line in table.splitlines()[2:]] == ["| low", "| middle", "| high"]
    assert "differ most" not in about


@pytest.mark.parametrize("count", [20, 21])
def test_of_many_classes_those_with_differences_are_shown(count: int) -> None:
    """Twenty of them, and the sentence says so."""
    names = [f"c{i}" for i in range(count)]
    rows = pd.DataFrame(
        [
            {"architecture": name, "label": label, "predicted": label, "share": 0.5 + 0.01 * i * (name == "B")}
            for name in "AB"
            for i, label in enumerate(names)
        ]
    )
    about, table = classes.by_class(rows)
    assert len(table.splitlines()) == 22
    assert ("of the 20 of 21 classes" in about) == (count == 21)
    assert ("| c0 |" in table) == (count == 20)
