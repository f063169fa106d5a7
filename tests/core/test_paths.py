from pathlib import Path

import pytest

from dscnn.core import paths


def test_paths_of_an_arm_are_those_of_the_readme() -> None:
    """Users and other tools rely on these names."""
    arm = paths.Arm("mnist", "0.125", "BothConv", "2")
    assert arm.weights == Path("models/mnist/0.125/BothConv/2.npz")
    assert arm.history == Path("metrics/train/mnist/0.125/BothConv/2/history.csv")
    assert arm.result == Path("metrics/train/mnist/0.125/BothConv/2/result.json")
    assert arm.timing == Path("metrics/train/mnist/0.125/BothConv/2/timing.json")
    assert arm.score == Path("metrics/evaluate/mnist/0.125/BothConv/2.json")
    assert arm.predictions == Path("metrics/evaluate/mnist/0.125/BothConv/2.csv")
    assert arm.measured == (arm.history, arm.result, arm.timing, arm.score, arm.predictions)
    assert paths.metrics("prepare", "mnist") == Path("metrics/prepare/mnist.json")
    assert paths.figure("accuracy") == Path("plots/accuracy.png")


def test_a_dot_in_a_width_is_no_suffix() -> None:
    """Widths such as 0.125 name files, not only folders."""
    assert paths.metrics("benchmark", "mnist", "0.125") == Path("metrics/benchmark/mnist/0.125.json")


def test_a_stage_without_axes_has_one_file() -> None:
    """It lies beside the folders of the other stages."""
    assert paths.metrics("references") == Path("metrics/references.json")


def test_the_state_of_a_temporary_workspace_is_that_of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is set by src/stage; without it the folder is that of the current project."""
    monkeypatch.delenv("DSCNN_STATE", raising=False)
    assert paths.state() == Path(".state")
    monkeypatch.setenv("DSCNN_STATE", "/home/me/project/.state")
    assert paths.state() == Path("/home/me/project/.state")
