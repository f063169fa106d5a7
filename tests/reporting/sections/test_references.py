"""Sentences from what stage references wrote; the entry is made by hand."""

import copy
from typing import Any

import pytest

from dscnn.costs.references import explained
from dscnn.experiment import references
from dscnn.reporting.sections.references import counts, section
from tiny import PROJECT


def own(flops: int, moved: int, published: float, by_class: dict[str, float]) -> dict[str, Any]:
    least = sum(by_class.values())
    return {
        "macs": flops // 6, "step_flops": flops, "step_bytes": moved, "published": {"train_seconds": published},
        "machines": {"GPU": {"roofline_seconds": least, "memory_bound_seconds": least, "by_class": by_class}},
    }  # fmt: skip


# Regular reaches half of its roofline. If the others' dense layers do so too, they take 200 s of Both's 600 s and
# 100 s of Separable's 600 s: their depthwise convolutions take 400 s and 500 s, and by the roofline 40 s each.
ENTRY: dict[str, Any] = {
    "source": "nobody",
    "steps": 29_400,
    "architectures": {
        "Regular": own(8000, 1000, 1000.0, {"Conv2D": 400.0, "Dense": 100.0}),
        "Both": own(4000, 1500, 600.0, {"Dense": 100.0, "DepthwiseConv2D": 40.0}),
        "Separable": own(1000, 2000, 600.0, {"Dense": 50.0, "DepthwiseConv2D": 40.0}),
    },
}
COUNTED: dict[str, Any] = {
    "source": "nobody",
    "remarks": ["Nothing else is known."],
    "conditions": {"runs": 1, "train": {"batch_size": 256}},
    "keras_flops_digit": 1e8,
    "architectures": {
        name: {
            "parameters": 1000, "keras_flops": 321_712_345_678,
            "published": {"parameters": 1000, "keras_flops": 3.217e11},
        }
        for name in ("First", "Second")
    },
}  # fmt: skip
NEARLY = "The two shares are nearly the same"


def changed(**published: float) -> str:
    """Return the section where architectures have these published times."""
    entry = copy.deepcopy(ENTRY)
    for name, seconds in published.items():
        entry["architectures"][name]["published"]["train_seconds"] = seconds
    return "\n\n".join(section({"n": entry}))


def test_without_references_there_is_no_section() -> None:
    """There is not even a heading."""
    assert section({}) == []


def test_a_reference_by_hand() -> None:
    """The table has shares of the first; the paragraph says what the depthwise convolutions must have reached."""
    name, source, table, reached, words = section({"there": ENTRY})
    assert name == "### there"
    assert source == (
        "Source: nobody. The times are of 29,400 training steps. Nothing was run here: the roofline of a machine is the"
        " least time by the rates in its data sheet."
    )
    assert table.splitlines() == [
        "| shares of the first | FLOPs | bytes | roofline, GPU | published time | share of the roofline reached, GPU |",
        "| :-- | --: | --: | --: | --: | --: |",
        "| Regular | 1.000 | 1.000 | 1.000 | 1.000 | 50% |",
        "| Both | 0.500 | 1.500 | 0.280 | 0.600 | 23% |",
        "| Separable | 0.125 | 2.000 | 0.180 | 0.600 | 15% |",
    ]
    assert reached == "The share of the roofline reached is the roofline over the published time."
    assert words == (
        "GPU: assume this machine, and that all layers of the others but the depthwise convolutions reached the 50% of"
        " the roofline that Regular did; then their depthwise convolutions reached 10.0% in Both (67% of its time),"
        f" 8.0% in Separable (83% of its time). {NEARLY}. So under this assumption two things explain these times:"
        " depthwise convolutions are memory-bound, and their kernels used little of the bandwidth."
    )


@pytest.mark.parametrize(
    ("published", "reached"),
    [
        ({"Separable": 900.0}, "10.0% in Both (67% of its time), 5.0% in Separable (89% of its time)"),
        ({"Both": 300.0, "Separable": 200.0}, "40.0% in Both (33% of its time), 40.0% in Separable (50% of its time)"),
    ],
)
def test_shares_that_differ_or_are_high_explain_nothing(published: dict[str, float], reached: str) -> None:
    """Half the other's share is not nearly the same, and 40% of the bandwidth is not little."""
    said = changed(**published)
    assert f"reached {reached}." in said
    assert NEARLY not in said


def test_a_time_too_short_for_the_other_layers_is_said_to_be_that() -> None:
    """Separable's dense layers alone would take 100 s."""
    assert (
        "GPU: Separable took less time than its other layers alone would, so depthwise convolutions do not explain"
        " these times." in changed(Separable=99.0)
    )


@pytest.mark.parametrize(("kept", "which"), [(["Both", "Separable"], "every"), (["Regular"], "no")])
def test_without_two_sides_there_is_nothing_to_compare(kept: list[str], which: str) -> None:
    """Either all of the architectures have depthwise convolutions or none has."""
    entry = ENTRY | {"architectures": {name: ENTRY["architectures"][name] for name in kept}}
    assert section({"n": entry})[-1] == (
        f"GPU: {which} architecture has depthwise convolutions, so there is nothing to compare."
    )


def test_every_machine_and_every_reference_has_its_paragraph() -> None:
    """Two machines and two references make two tables and four paragraphs."""
    entry = copy.deepcopy(ENTRY)
    for each in entry["architectures"].values():
        each["machines"]["Other"] = each["machines"]["GPU"]
    said = "\n".join(section({"one": entry, "two": entry}))
    assert [line for line in said.splitlines() if line.startswith("### ")] == ["### one", "### two"]
    heads = (
        "| roofline, GPU | roofline, Other | published time"
        " | share of the roofline reached, GPU | share of the roofline reached, Other |"
    )
    assert said.count(heads) == 2
    assert said.count("GPU: assume this machine") == said.count("Other: assume this machine") == 2


def test_the_reference_experiment_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its depthwise convolutions reached nearly the same small share of both machines' rooflines."""
    monkeypatch.chdir(PROJECT)
    said = section({"notebook2022": explained(references.load("notebook2022"))})
    (both,) = [line for line in said[2].splitlines() if line.startswith("| BothConv ")]
    cells = both.strip("| ").split(" | ")
    assert (cells[1], cells[5]) == ("0.215", "0.513")
    assert [words.split(": assume")[0] for words in said[4:]] == ["RTX-3080", "RTX-3090"]
    assert all(NEARLY in words for words in said[4:])


def test_the_counts_by_hand() -> None:
    """321,712,345,678 FLOPs are 321.7 GFLOPs to the digit published."""
    words, table = counts(COUNTED)
    assert words == (
        "Source: nobody; 1 run of each network. Nothing else is known. FLOPs are those of an inference of 256 images,"
        " as the package keras-flops counts them. Parameters and FLOPs agree in all digits published."
    )
    assert table.splitlines()[:3] == [
        "|  | parameters here | published | agree | GFLOPs here | published | agree |",
        "| :-- | --: | --: | --: | --: | --: | --: |",
        "| First | 1,000 | 1,000 | yes | 321.7 | 321.7 | yes |",
    ]


@pytest.mark.parametrize(
    ("counted", "said", "cells"),
    [
        ({"parameters": 1001}, "the parameters of Second", "1,001 | 1,000 | no | 321.7 | 321.7 | yes"),
        ({"keras_flops": 321_751_000_000}, "the FLOPs of Second", "1,000 | 1,000 | yes | 321.8 | 321.7 | no"),
        (
            {"keras_flops": None},
            "the FLOPs of Second (unknown here)",
            "1,000 | 1,000 | yes | unknown | 321.7 | unknown",
        ),
    ],
)
def test_a_count_that_does_not_agree_is_named(counted: dict[str, Any], said: str, cells: str) -> None:
    """In words and in its row."""
    changed = {"Second": COUNTED["architectures"]["Second"] | counted}
    words, table = counts(COUNTED | {"architectures": COUNTED["architectures"] | changed})
    assert words.endswith(f"Not in agreement: {said}.")
    assert f"| Second | {cells} |" in table
