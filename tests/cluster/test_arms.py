import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

import tiny
from dscnn.cluster import arms
from dscnn.cluster.head import Task
from dscnn.core.stage import Problem

SAID = """Stage 'train@stripes-0.5-Regular-1' didn't change, skipping
Stage 'train@stripes-0.5-Regular-2' didn't change, skipping
Stage 'train@stripes-0.5-Separable-1' is cached - skipping run, checking out outputs
Running stage 'train@stripes-0.5-Separable-2':
> src/stage train stripes 0.5 Separable 2
Stage 'evaluate@stripes-0.5-Regular-1' didn't change, skipping
Running stage 'evaluate@stripes-0.5-Regular-2':
"""


@pytest.fixture
def asked(folder: Path, source: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What DVC is asked; it says SAID, and fails at `push`. Real DVC is in tests/test_cluster.py."""
    tiny.write_yaml(folder / "params.yaml", source | {"seeds": [1, 2]})
    words: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        words.append(command[3:])
        failed = command[3] == "push"
        return subprocess.CompletedProcess(command, failed, SAID, "no \x1b[1mremote\n" if failed else "")

    monkeypatch.setattr(subprocess, "run", run)
    return words


def test_an_arm_is_due_unless_both_of_its_stages_are_done(asked: list[list[str]]) -> None:
    """One whose evaluation DVC could not tell is due too: its weights are in the cache, but not here."""
    inputs = ("params", "prepare@stripes")
    names = ("stripes-0.5-Regular-2", "stripes-0.5-Separable-1", "stripes-0.5-Separable-2")
    assert arms.due() == [Task(name, inputs) for name in names]
    assert asked == [["repro", "--dry", "--single-item", "--keep-going", "train", "evaluate"]]


@pytest.mark.usefixtures("asked")
def test_what_comes_before_the_arms_is_named() -> None:
    """The check of the parameters, and the images of each data set."""
    assert arms.upstream() == ["params", "prepare@stripes"]


def test_without_a_remote_nothing_is_sent_to_a_cluster(asked: list[list[str]]) -> None:
    """DVC's own words are shown, without what would steer a terminal."""
    said = "CLUSTER: workers take the images from the DVC remote (docs/team.md): no \N{REPLACEMENT CHARACTER}[1mremote"
    with pytest.raises(Problem, match=f"^{re.escape(said)}$"):
        arms.compute(0, "tcp://127.0.0.1:1")
    assert [words[0] for words in asked] == ["fetch", "checkout", "repro", "push"]
