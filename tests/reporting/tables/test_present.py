from pathlib import Path

import pytest

from dscnn.core import files
from dscnn.core.paths import Arm, metrics
from dscnn.core.stage import Problem
from dscnn.reporting.tables import present

EXPERIMENT = [
    Arm(dataset, width, name, seed)
    for dataset in ("a", "b")
    for width in ("0.5", "1")
    for name in ("First", "Second")
    for seed in ("1", "2")
]
FIRST = EXPERIMENT[0]


@pytest.mark.parametrize(
    "path",
    [
        "metrics/train/a/0.5/First/1/history.csv",
        "metrics/train/a/0.5/First/1/result.json",
        "metrics/train/a/0.5/First/1/timing.json",
        "metrics/evaluate/a/0.5/First/1.json",
        "metrics/evaluate/a/0.5/First/1.csv",
    ],
)
def test_an_arm_counts_if_all_of_its_files_are_there(path: str) -> None:
    """One that is missing takes this arm away and no other."""
    assert present.arms(EXPERIMENT, [path]) == EXPERIMENT[1:]


@pytest.mark.parametrize(
    ("path", "lost"),
    [
        ("metrics/cost/a/0.5/First.json", 2),
        ("metrics/benchmark/a/0.5.json", 4),
        ("metrics/prepare/a.json", 8),
        ("data/prepared/a/test.npz", 8),
    ],
)
def test_what_arms_share_takes_them_all(path: str, lost: int) -> None:
    """The costs of a network, the times of a place, the facts of a data set; these are the first in the list."""
    assert present.arms(EXPERIMENT, [path]) == EXPERIMENT[lost:]


def test_other_files_take_no_arm() -> None:
    """Their own tables lack the rows."""
    paths = ["metrics/probes/a/0.5.json", "metrics/breakeven/a.json", "metrics/deploy/a/0.5/First/1.json"]
    assert present.arms(EXPERIMENT, paths) == EXPERIMENT


def test_an_experiment_without_a_complete_arm_is_a_problem() -> None:
    """There is nothing to report."""
    paths = ["metrics/prepare/a.json", "metrics/benchmark/b/0.5.json", "metrics/benchmark/b/1.json"]
    with pytest.raises(Problem, match="no training run is complete"):
        present.arms(EXPERIMENT, paths)


def test_architectures_are_those_with_an_arm_there() -> None:
    """In the order of params.yaml, also where the first is at the second width alone."""
    there = [arm for arm in EXPERIMENT if arm.dataset == "a" and arm[1:3] != ("0.5", "First")]
    assert present.architectures(there) == {("a", "0.5"): ["Second"], ("a", "1"): ["First", "Second"]}
    assert present.by_dataset(there, ["First", "Second"]) == {"a": ["First", "Second"]}
    assert present.by_dataset(there[:2], ["First", "Second"]) == {"a": ["Second"]}


def test_records_are_of_the_files_that_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was listed and is gone, or is broken, is an error that names it."""
    monkeypatch.chdir(tmp_path)
    files.write_json(metrics("breakeven", "a"), {"rounds": 3})
    wanted = {name: metrics("breakeven", name) for name in ("a", "b")}
    assert present.records(wanted, ["metrics/breakeven/b.json"]) == {"a": {"rounds": 3}}
    with pytest.raises(Problem, match=r"^metrics/breakeven/b\.json is missing"):
        present.records(wanted, [])
    files.write_text(metrics("breakeven", "b"), "{")
    with pytest.raises(Problem, match=r"^metrics/breakeven/b\.json is not JSON"):
        present.records(wanted, [])
