from typing import Any

import pytest

from dscnn.experiment import params
from dscnn.reporting.sections import missing


@pytest.fixture
def several(source: dict[str, Any]) -> params.Params:
    """Two architectures, two widths, three seeds: twelve training runs."""
    return params.check(source | {"seeds": [1, 2, 3], "widths": [0.5, 1]})


def scores(width: str, name: str, *seeds: int) -> list[str]:
    return [f"metrics/evaluate/stripes/{width}/{name}/{seed}.json" for seed in seeds]


def test_nothing_missing_is_not_spoken_of(several: params.Params) -> None:
    assert missing.section(several, []) == []


def test_runs_are_grouped_by_place_and_architecture(several: params.Params) -> None:
    """A run counts once, whichever of its files are missing; the conversion of its network is not named beside it."""
    lost = ["metrics/train/stripes/0.5/Regular/1/timing.json", "metrics/deploy/stripes/0.5/Regular/1.json"]
    lost += [*scores("0.5", "Regular", 1, 3), *scores("0.5", "Separable", 1, 2, 3), *scores("1", "Separable", 2)]
    assert missing.section(several, lost) == [
        "**6 of 12 training runs are missing**: they were not trained or not scored.",
        "- stripes, width 0.5: Regular seeds 1 and 3, Separable seeds 1 and 2 and 3 (all, so it is left out there)\n"
        "- stripes, width 1: Separable seed 2",
        "Everything below is without what is missing; `make repro` makes it.",
    ]


def test_a_place_without_runs_is_one_line(several: params.Params) -> None:
    lost = scores("1", "Regular", 1, 2, 3) + scores("1", "Separable", 1, 2, 3)
    assert missing.section(several, lost)[1] == "- stripes, width 1: all 6 runs"


def test_one_run_is_one(source: dict[str, Any]) -> None:
    """Of several, and the only one."""
    one = params.check(source | {"seeds": [1], "widths": [0.5], "architectures": {"Regular": ["conv", "conv"]}})
    head, line, _ = missing.section(one, scores("0.5", "Regular", 1))
    assert head == "**1 of 1 training runs is missing**: it was not trained or not scored."
    assert line == "- stripes, width 0.5: the only run"


def test_files_of_other_stages_are_named_with_what_the_report_is_without(several: params.Params) -> None:
    """A line a stage; of many files the first."""
    lost = ["metrics/deploy/stripes/1/Regular/1.json", "metrics/deploy/stripes/0.5/Regular/1.json"]
    lost += ["metrics/benchmark/stripes/1.json", "metrics/references.json"]
    assert missing.section(several, lost) == [
        "**Results of other stages are missing**: 4 in all.",
        "- stage `benchmark`: metrics/benchmark/stripes/1.json; without it a data set and width are left out\n"
        "- stage `deploy`: metrics/deploy/stripes/0.5/Regular/1.json and 1 more; without it a network has no"
        " conversions\n"
        "- stage `references`: metrics/references.json",
        "Everything below is without what is missing; `make repro` makes it.",
    ]
