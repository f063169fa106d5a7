from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import networkx
import pytest

from dscnn.tools import unfinished


class Out(NamedTuple):
    fs_path: str


class Stage(NamedTuple):
    addressing: str
    outs: tuple[Out, ...]


def stage(name: str, *outs: Path) -> Stage:
    return Stage(name, tuple(Out(str(out.absolute())) for out in outs))


class Stages:
    """Four stages, each after the one before, but for the last; `what` is DVC's status of them."""

    def __init__(self, what: dict[str, Any]) -> None:
        first, second, third, other = (stage(name) for name in ("pack@own", "prepare@own", "train@own", "cost@own"))
        graph = networkx.DiGraph([(second, first), (third, second)])  # an edge leads to what a stage depends on
        graph.add_node(other)
        self.index = SimpleNamespace(stages=[first, second, third, other], graph=graph)
        self.status = lambda: what


def undone(what: dict[str, Any], *absent: str) -> list[str]:
    return sorted(each.addressing for each in unfinished.stages(Stages(what), absent))


def test_a_stage_out_of_date_leaves_undone_what_comes_after_it() -> None:
    """And nothing else."""
    assert undone({}) == []
    assert undone({"prepare@own": ["changed command"]}) == ["prepare@own", "train@own"]
    assert undone({"cost@own": ["changed command"]}) == ["cost@own"]


@pytest.mark.parametrize("written", ["../photos", "../photos/", "photos", str(Path("../photos").absolute())])
@pytest.mark.parametrize("absolute", [True, False])
def test_a_folder_that_is_elsewhere_leaves_nothing_undone(written: str, absolute: bool) -> None:
    """Its archive stands for it, however DVC writes its path; but a stage that has changed otherwise is undone."""
    everything = ["pack@own", "prepare@own", "train@own"]
    named = str(Path(written).resolve()) if absolute else written
    away = {"changed deps": {named: "deleted"}}
    assert undone({"pack@own": [away]}, written) == []
    assert undone({"pack@own": [away]}) == everything
    assert undone({"pack@own": [away]}, "../others") == everything
    assert undone({"pack@own": [{"changed deps": {named: "modified"}}]}, written) == everything
    assert undone({"pack@own": [{"changed deps": {named: "deleted", "src": "modified"}}]}, written) == everything
    assert undone({"pack@own": [away | {"changed outs": {"data/raw": "deleted"}}]}, written) == everything
    assert undone({"pack@own": [away, "changed command"]}, written) == everything


def test_results_are_removed_and_folders_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies elsewhere is not touched; a folder that is missing is made."""
    monkeypatch.chdir(tmp_path)
    result, weights = Path("metrics/train/1/result.json"), Path("models/1.npz")
    for path in (result, weights):
        path.parent.mkdir(parents=True)
        path.touch()
    unfinished.remove([stage("train@own", result, weights), stage("deploy@own", Path("metrics/deploy/1.json"))])
    assert [path.exists() for path in (result, weights, Path("metrics/deploy"))] == [False, True, True]
    assert list(Path("metrics/train/1").iterdir()) == []
