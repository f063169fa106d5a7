from typing import Any

import pytest

import tiny
from dscnn.core.stage import Problem
from dscnn.experiment import params, references


@pytest.mark.parametrize("name", sorted(path.stem for path in (tiny.PROJECT / "references").glob("*.yaml")))
def test_every_reference_is_valid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its source."""
    monkeypatch.chdir(tiny.PROJECT)
    assert references.load(name).source


def test_what_the_reference_experiment_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures 3 to 5 of the notebook, in their units, and its accuracies."""
    monkeypatch.chdir(tiny.PROJECT)
    notebook = references.load("notebook2022")
    assert {
        name: (
            own.parameters / 1e6, own.train_seconds, own.keras_flops / 1e11,
            own.accuracy, own.accuracy_last_ten, own.accuracy_best,
        )
        for name, own in notebook.results.items()
    } == {
        "RegularConv": (5.156682, 8231.417, 14.914, 0.8626, 0.8704, 0.8835),
        "BothConv": (2.412234, 4225.26, 3.217, 0.839, 0.849, 0.871),
        "SeparableConv": (1.096165, 4415.708, 1.699, 0.8158, 0.8098, 0.8158),
    }  # fmt: skip


def test_the_reference_experiment_is_that_of_the_preset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Preset cifar10 trains the same networks in the same way, but at the learning rate that the text says."""
    monkeypatch.chdir(tiny.PROJECT)
    notebook, preset = references.load("notebook2022"), params.load(tiny.PROJECT / "presets/cifar10.yaml")
    assert (notebook.network, notebook.recipe, notebook.architectures, notebook.validation, (notebook.width,)) == (
        preset.network, preset.recipe, preset.architectures, preset.validation, preset.widths,
    )  # fmt: skip
    assert (notebook.train.learning_rate, preset.train.learning_rate) == (0.0001, 0.001)
    rate = {"learning_rate": 0.001}
    assert notebook.train.model_copy(update=rate) == preset.train


RESULTS = tiny.REFERENCE["results"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"results": {"Regular": RESULTS["Regular"]}}, "results: should have the same names as architectures"),
        (
            {"results": RESULTS | {"Regular": RESULTS["Regular"] | {"train_seconds": 0.0}}},
            "results.Regular.train_seconds: should be greater than 0",
        ),
        (
            {"results": RESULTS | {"Regular": RESULTS["Regular"] | {"accuracy": 86.26}}},
            "results.Regular.accuracy: should be less than or equal to 1",
        ),
        ({"machines": {}}, "machines: should have at least 1 entry"),
        ({"shape": [1, 1, 1]}, "shape: 1 pixels are too few for the 1 poolings"),
        ({"architectures": {"Regular": ["conv", "conv"], "Separable": ["conv", "x"]}}, "architectures.Separable[1]: "),
        ({"width": 0.001}, "width: 0.001 leaves no filter of the "),
        ({"run": 2}, "unknown key 'run'; did you mean runs?"),
    ],
)
def test_an_error_is_named_with_its_file(changed: dict[str, Any], said: str) -> None:
    """A line each."""
    with pytest.raises(Problem) as problem:
        references.check(tiny.reference() | changed, references.path("other"))
    assert str(problem.value).startswith("references/other.yaml:\n  ")
    assert said in str(problem.value)


@pytest.mark.usefixtures("folder")
def test_a_reference_that_is_not_there_is_a_problem() -> None:
    """With those that are."""
    with pytest.raises(Problem, match=r"references/another\.yaml is missing: .* references/ has other"):
        references.load("another")
