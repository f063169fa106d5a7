from typing import Any

import pytest

import tiny
from dscnn.core.stage import Problem
from dscnn.experiment import references


@pytest.mark.parametrize("name", sorted(path.stem for path in (tiny.PROJECT / "references").glob("*.yaml")))
def test_every_reference_is_valid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its source."""
    monkeypatch.chdir(tiny.PROJECT)
    assert references.load(name).source


def test_the_reference_experiments_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figure 4 of the notebook."""
    monkeypatch.chdir(tiny.PROJECT)
    notebook = references.load("notebook2022")
    assert notebook.train_seconds == {"RegularConv": 8231.417, "BothConv": 4225.26, "SeparableConv": 4415.708}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"train_seconds": {"Regular": 1.0}}, "train_seconds: should have the same names as architectures"),
        ({"train_seconds": {"Regular": 0.0, "Separable": 1.0}}, "train_seconds.Regular: should be greater than 0"),
        ({"machines": {}}, "machines: should have at least 1 entry"),
        ({"shape": [1, 1, 1]}, "shape: 1 pixels are too few for the 1 poolings"),
        ({"architectures": {"Regular": ["conv", "conv"], "Separable": ["conv", "x"]}}, "architectures.Separable[1]: "),
        ({"epoch": 2}, "unknown key 'epoch'; did you mean epochs?"),
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
