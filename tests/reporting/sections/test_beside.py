"""What is said beside a published experiment; reference and tables are made by hand."""

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import tiny
from dscnn.experiment import params
from dscnn.experiment.params import Params
from dscnn.reporting.sections import beside, differing
from dscnn.reporting.tables.differences import IMAGES, RUNS

PLACE = {"dataset": "stripes", "width": "0.5"}
KINDS = {"First": ["conv", "conv"], "Second": ["conv", "separable"], "Third": ["separable", "separable"]}
# Third is the least accurate, and took longer than Second
RESULTS = {"First": (0.86, 100.0), "Second": (0.84, 50.0), "Third": (0.81, 55.0)}
REFERENCE: dict[str, Any] = {
    "source": "nobody",
    "remarks": ["Nothing else is known."],
    "conditions": {"runs": 1, "validation": "test", "train": {"batch_size": 256, "epochs": 150}},
    "keras_flops_digit": 1e8,
    "architectures": {
        name: {
            "kinds": KINDS[name], "parameters": 1000, "keras_flops": 321_712_345_678,
            "published": {
                "parameters": 1000, "keras_flops": 3.217e11, "train_seconds": seconds,
                "accuracy": accuracy, "accuracy_last_ten": accuracy - 0.01, "accuracy_best": accuracy + 0.01,
            },
        }
        for name, (accuracy, seconds) in RESULTS.items()
    },
}  # fmt: skip
HERE = {"A": "First", "B": "Second", "C": "Third"}  # the same networks by other names
NETWORKS = pd.DataFrame(
    [
        PLACE | {"architecture": name, "accuracy": accuracy, "accuracy_mean_low": low, "accuracy_mean_high": high}
        for name, accuracy, low, high in (("A", 0.9, 0.89, 0.91), ("B", 0.88, math.nan, math.nan), ("C", 0.8, 0.7, 0.9))
    ]
)
PAIRS = [("A", "B"), ("A", "C"), ("B", "C")]


def differences(*verdicts: str, **other: Any) -> pd.DataFrame:
    """Return differences of A and B, A and C, B and C of 2 points and a half each way, with these verdicts."""
    return pd.DataFrame(
        [
            PLACE
            | {"base": base, "architecture": name, "population": population, "verdict": said}
            | {"seeds": 3, "base_seeds": 3, "p": 0.054}
            | {"difference": -0.02, "low": -0.025, "high": -0.015, "within_margin": False}
            | other
            for (base, name), said in zip(PAIRS, verdicts, strict=True)
            for population in (RUNS, IMAGES)
        ]
    )


def steps(low: float, high: float) -> pd.DataFrame:
    """Return how the step of C, 30 ms, differs from B's, 40 ms; another part of it does not count.

    Round by round it is 0.8 of B's in the median, as *The answer* says; the medians would make it 0.75.
    """
    row = PLACE | {"base": "B", "architecture": "C", "start": 0.04, "end": 0.03, "seconds": -0.01, "ratio": 0.8}
    return pd.DataFrame([row | {"part": part, "low": low, "high": high} for part in ("step", "bytes")])


@pytest.fixture
def three(source: dict[str, Any]) -> Params:
    """The tiny experiment with the three published networks, by other names."""
    return params.check(source | {"architectures": {name: KINDS[published] for name, published in HERE.items()}})


@pytest.mark.parametrize(
    ("low", "high", "second", "said"),
    [
        (-0.012, -0.008, 50.0, "Published train time: 1.10x, so the order is not the published one."),
        (-0.012, -0.008, 110.0, "Published train time: 0.500x, in the same order."),
        (-0.012, -0.008, 55.0, "Published train time: 1x, so the order is not the published one."),
        (-0.012, 0.002, 50.0, "Published train time: 1.10x, which this interval neither shows nor contradicts."),
    ],
)
def test_train_times_are_compared_by_the_interval_of_a_step(low: float, high: float, second: float, said: str) -> None:
    """C takes 30 ms, B 40 ms; Third took 55 s and Second what is given. The ratio is that of the rounds."""
    changed = {"Second": {"published": {"train_seconds": second}}}
    reference = REFERENCE | {"architectures": REFERENCE["architectures"] | changed}
    _, line = beside.time_words(reference, HERE, steps(low, high), [])
    assert line == (
        "- A training step takes 30.0 ms with C here, 40.0 ms with B: 0.800x (the median of the rounds' ratios),"
        f" a difference of -10.0 ms ({1e3 * low:+#.3g} to {1e3 * high:+#.3g}). {said}"
    )


@pytest.mark.parametrize(
    ("differ", "said"),
    [
        ([], "machine, so only"),
        (
            [["dataset", "cifar10", "x"], ["width", "1", "0.5"], ["train.batch_size", "256", "64"], ["runs", "1", "5"]],
            "machine, dataset cifar10, width 1, batch size 256, so only",
        ),
    ],
)
def test_train_times_name_the_published_conditions_that_they_depend_on(differ: list[list[str]], said: str) -> None:
    """Those that are not the ones here; nothing is said of others."""
    first, _ = beside.time_words(REFERENCE, HERE, steps(-0.012, -0.008), differ)
    assert first == (
        "The time of a training step here, and the train time published. The published one is of its own"
        f" {said} the order is compared:"
    )


def test_pairs_of_one_published_network_say_nothing() -> None:
    """Two names of the same kinds here, or one that was not published."""
    same = {"A": "First", "B": "First"}
    assert beside.time_words(REFERENCE, same, steps(-1, 1), []) == []


ARM = {"architecture": "A", "seed": "1", "train_images": 48, "device": "cpu", "precision": "float32"}


def written(
    settings: Params, change: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table, dataset: str = "stripes"
) -> list[str]:
    """Return the section, where `change` has been made to each table; `dataset` is the published one."""
    arms = pd.DataFrame([PLACE | ARM])
    own = {"dataset": dataset, "width": 1.0, **REFERENCE["conditions"]}
    tables = [change(each) for each in (arms, NETWORKS, differences("less", "less", "less"), steps(-0.012, -0.008))]
    return beside.section({"there": REFERENCE | {"conditions": own}}, settings, *tables)


def test_the_section_has_its_parts(three: Params) -> None:
    """Counts, the conditions that differ, accuracies, and what holds of accuracies and times."""
    made = written(three)
    assert [made[0], made[3]] == ["### there", "**stripes, width 0.5, beside there**"]
    assert made[4] == "These conditions differ:"
    assert made[6].startswith("| test accuracy |")
    assert made[8].startswith("The order of accuracies is the published one.")
    assert made[10].startswith("The time of a training step")
    assert "machine, width 1, batch size 256, so only the order" in made[10]
    rows = made[5].splitlines()[2:]
    assert rows == [
        "| width | 1 | 0.5 |", "| validation | test | 0.2 |",
        "| train.batch_size | 256 | 16 |", "| train.epochs | 150 | 1 |",
    ]  # fmt: skip


def test_accuracies_on_other_images_are_not_compared(three: Params) -> None:
    """Neither in a table nor in words; times are."""
    made = written(three, dataset="cifar10")
    assert made[5].splitlines()[2] == "| dataset | cifar10 | stripes |"
    assert made[6] == "Accuracies are not compared: the published ones are on cifar10, these on stripes."
    assert made[7].startswith("The time of a training step")


def test_each_width_is_beside_the_reference(three: Params) -> None:
    """With its own rows: the other's are the same but for the width."""
    made = written(three, lambda table: pd.concat([table, table.assign(width="1")]))
    one, two = made.index("**stripes, width 0.5, beside there**"), made.index("**stripes, width 1, beside there**")
    assert made[one + 3 : two] == [
        text.replace("machine, batch", "machine, width 1, batch") for text in made[two + 3 :]
    ]
    assert "| width |" in made[one + 2]
    assert "| width |" not in made[two + 2]


def test_without_a_network_of_the_same_kinds_only_counts_are_told(source: dict[str, Any]) -> None:
    """And that there is none."""
    settings = params.check(source | {"architectures": {"Other": ["blueprint", "blueprint"]}})
    made = written(settings)
    assert len(made) == 4
    assert made[-1].startswith("No architecture of this experiment has the same kinds of convolution")


def test_without_references_there_is_no_section(settings: Params) -> None:
    """Not even a heading."""
    none = pd.DataFrame()
    assert beside.section({}, settings, none, none, none, none) == []


def test_an_experiment_as_published_differs_in_no_condition(settings: Params) -> None:
    """The words say that only what is known is compared."""
    arms = pd.DataFrame([PLACE | ARM])
    conditions = {"train": tiny.PARAMS["train"], "width": 0.5}
    assert beside.conditions(differing.table(conditions, settings, arms)) == [
        "All conditions that are known of the published experiment are the same here."
    ]
