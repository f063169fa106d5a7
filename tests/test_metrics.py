"""`dvc metrics` fits a screen: three networks at five widths, in a repository of their own."""

import shutil
from pathlib import Path

import pytest
import yaml

from dscnn.core import files
from dscnn.core.paths import metrics
from dscnn.reporting.tables.measures import MEASURES
from pipeline import Experiment
from tiny import PROJECT

COLUMNS = 120
WIDTHS = ["0.125", "0.25", "0.5", "0.75", "1.0"]
NAMES = ["RegularConv", "BothConv", "SeparableConv"]
LARGE = {"accuracy": 0.9716, "loss": 0.1066, "macs": 2_251_892_224, "parameters": 9_598_154, "train_seconds": 12345.6}


def write(folder: Path, accuracy: float) -> None:
    """Write metrics/compare of 15 networks, all with that accuracy and else with numbers of many digits."""
    measured = {measure.name: LARGE.get(measure.name, 12345.6) for measure in MEASURES if measure.compared}
    for width in WIDTHS:
        for name in NAMES:
            files.write_json(folder / metrics("compare", "mnist5k", width, name), measured | {"accuracy": accuracy})


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """In the workspace the accuracies are other ones than in the commit."""
    folder = tmp_path_factory.mktemp("metrics") / "project"
    (folder / ".dvc").mkdir(parents=True)
    shutil.copy(PROJECT / ".dvc/config", folder / ".dvc/config")
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"metrics": ["metrics/compare"]}))
    write(folder, 0.9716)
    made = Experiment(folder)
    made.git("init", "--quiet", "--initial-branch=main")
    made.commit("first")
    write(folder, 0.9616)
    return made


@pytest.mark.parametrize("words", [["show"], ["diff"]], ids=" ".join)
def test_fifteen_networks_fit_a_screen(project: Experiment, words: list[str]) -> None:
    """A line a network below the heading, none wider than a screen; a difference has a line for what differs."""
    done = project.dvc("metrics", *words)
    assert done.returncode == 0, done.stderr
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert len(lines) == 1 + len(WIDTHS) * len(NAMES)
    assert max(map(len, lines)) <= COLUMNS
    assert all(("0.9616" in line) and ("-0.01" in line) == (words == ["diff"]) for line in lines[1:])
