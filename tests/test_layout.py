from pathlib import Path

from dscnn import layout


def test_paths_of_an_arm_are_those_of_the_readme() -> None:
    """The names that users and other tools rely on."""
    arm = layout.Arm("mnist", "0.125", "BothConv", "2")
    assert arm.weights == Path("models/mnist/0.125/BothConv/2.npz")
    assert arm.trained_history == Path("models/mnist/0.125/BothConv/2.history.csv")
    assert arm.trained_result == Path("models/mnist/0.125/BothConv/2.result.json")
    assert arm.history == Path("metrics/train/mnist/0.125/BothConv/2/history.csv")
    assert arm.result == Path("metrics/train/mnist/0.125/BothConv/2/result.json")
    assert arm.timing == Path("metrics/train/mnist/0.125/BothConv/2/timing.json")
    assert arm.score == Path("metrics/evaluate/mnist/0.125/BothConv/2.json")
    assert arm.predictions == Path("metrics/evaluate/mnist/0.125/BothConv/2.csv")
    assert layout.cost(*arm[:3]) == Path("metrics/cost/mnist/0.125/BothConv.json")
