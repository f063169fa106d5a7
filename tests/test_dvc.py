"""dvc.yaml's lists are exact: what each stage depends on is what it imports, reads and looks at, no more, no less."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import PROJECT, own_images, tiny_experiment
from dscnn import figures, layout

PIPELINE = yaml.safe_load((PROJECT / "dvc.yaml").read_text())
STAGES = {name: stage.get("do", stage) for name, stage in PIPELINE["stages"].items()}
SOURCE = PROJECT / "src/dscnn"
ITEM = {"dataset": "stripes", "width": "0.5", "architecture": "Separable", "seed": "1"}


def imports(module: str) -> set[str]:
    """Return the modules of ours that `module` imports anywhere in its text."""
    found = set()
    for node in ast.walk(ast.parse((SOURCE / f"{module}.py").read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "dscnn":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dscnn."):
            found.add(str(node.module).removeprefix("dscnn."))
        elif isinstance(node, ast.Import):
            assert not [alias for alias in node.names if alias.name.startswith("dscnn")], (
                "import as: from dscnn import x"
            )
    return found


def closure(module: str) -> set[str]:
    """Return `module` and what it imports, directly or not.

    params.py is left out and not followed: it holds shapes and checks only (tests/test_params.py), so it
    cannot change what a stage makes of the same values; the values themselves are tracked one by one.
    Only stage params, which does the checks, depends on it. So it is with the modules that params.py is made of.
    """
    seen, ahead = set(), {module}
    while ahead:
        name = ahead.pop()
        seen.add(name)
        ahead |= imports(name) - seen - (set() if module == "params" else {"params", "catalogue", "sections"})
    return seen


INSTALLED = {"machine": {"requirements.lock"}}  # decides the versions that it finds
UNTRACKED = {"fetch": ["catalogue.stripes.addresses"]}  # the checksum says what the bytes are, wherever they lie


def resolved(text: str) -> str:
    values = {f"item.{axis}": value for axis, value in ITEM.items()} | {"key": "own", "item": "photos"}
    return re.sub(r"\$\{(item\.\w+|key|item)\}", lambda match: values[match[1]], text)


def paths(entries: list[Any]) -> set[str]:
    """Return the paths of a list of deps or outs, for the instance ITEM."""
    return {resolved(entry if isinstance(entry, str) else next(iter(entry))) for entry in entries}


def outs(stage: str) -> set[str]:
    return paths(STAGES[stage].get("outs", []) + STAGES[stage].get("metrics", []))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_a_module_of_its_name(stage: str) -> None:
    """One word finds the stage, its module and its test."""
    words = STAGES[stage]["cmd"].split()
    assert words[:2] == ["${python}", f"dscnn.{stage}"]
    axes = STAGES[stage].get("matrix", {})
    assert [resolved(word) for word in words[2:]] == (["own"] if stage == "pack" else [ITEM[axis] for axis in axes])
    assert (SOURCE / f"{stage}.py").exists()
    assert (PROJECT / f"tests/test_{stage}.py").exists()


@pytest.mark.parametrize("stage", STAGES)
def test_code_deps_are_the_imports(stage: str) -> None:
    """Followed through all modules, in order, each once."""
    listed = [dep for dep in STAGES[stage]["deps"] if dep.startswith("src/")]
    assert listed == sorted(f"src/dscnn/{module}.py" for module in closure(stage))


def test_every_module_is_used_by_a_stage_or_the_setup() -> None:
    """No room nobody enters."""
    beside = {"bench", "bench_worker", "entry", "plots_page", "record", "__init__"}
    used = {module for stage in STAGES for module in closure(stage)} | beside
    assert {path.stem for path in SOURCE.glob("*.py")} == used
    for module in used - {"__init__"}:
        assert (PROJECT / f"tests/test_{module}.py").exists()


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory, archives: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """What each stage looked at, read and wrote, run one after the other on the tiny experiment."""
    folder = tmp_path_factory.mktemp("recorded")
    tiny = tiny_experiment(archives)
    del tiny["architectures"]["Regular"]
    own = own_images(folder / "photos")
    tiny["folders"] = own["folders"]
    tiny["deploy"] = [1]
    tiny["catalogue"] |= own["catalogue"]
    (folder / "params.yaml").write_text(yaml.safe_dump(tiny, sort_keys=False))
    environment = os.environ | {"PYTHONPATH": str(PROJECT / "src")}
    seen = {}
    for stage in STAGES:
        words = [resolved(word) for word in STAGES[stage]["cmd"].split()[2:]]
        command = [sys.executable, str(PROJECT / "tests/recorded.py"), stage, *words]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        seen[stage] = json.loads((folder / f"recorded-{stage}.json").read_text())
    return seen


@pytest.mark.xdist_group("recorded")
@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "params"])
def test_params_are_those_a_stage_looks_at(records: dict[str, dict[str, list[str]]], stage: str) -> None:
    """Every value used is under a listed key, and under every listed key a value is used."""
    looked_at = [key for key in records[stage]["params"] if key not in UNTRACKED.get(stage, [])]
    listed = [resolved(key) for key in STAGES[stage].get("params", [])]
    assert listed == sorted(listed)

    def covers(key: str, value: str) -> bool:
        return value == key or value.startswith(f"{key}.")

    assert [value for value in looked_at if not any(covers(key, value) for key in listed)] == []
    assert [key for key in listed if not any(covers(key, value) for value in looked_at)] == []


@pytest.mark.xdist_group("recorded")
@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "params"])
def test_data_deps_are_the_files_a_stage_reads(records: dict[str, dict[str, list[str]]], stage: str) -> None:
    """Every file read is a dep or in a folder that is one, and from every dep something is read."""
    deps = {dep for dep in paths(STAGES[stage]["deps"]) if not dep.startswith("src/")} - {str(layout.PARAMS_CHECKED)}
    read = records[stage]["read"]
    assert [path for path in read if not any(Path(path).is_relative_to(dep) for dep in deps)] == []
    read_or_installed = [*read, *INSTALLED.get(stage, ())]
    assert [dep for dep in deps if not any(Path(path).is_relative_to(dep) for path in read_or_installed)] == []


@pytest.mark.xdist_group("recorded")
@pytest.mark.parametrize("stage", STAGES)
def test_outs_are_the_files_a_stage_writes(records: dict[str, dict[str, list[str]]], stage: str) -> None:
    """And nothing else is written into the folders of the pipeline."""
    written = records[stage]["written"]
    assert [path for path in written if not any(Path(path).is_relative_to(out) for out in outs(stage))] == []
    assert [out for out in outs(stage) if not any(Path(path).is_relative_to(out) for path in written)] == []


def test_no_stage_can_start_before_params_is_checked() -> None:
    """Every stage waits for the mark of stage params, itself or through what it reads."""
    waiting = outs("params")
    for stage in [stage for stage in STAGES if stage != "params"]:
        deps = paths(STAGES[stage]["deps"])
        assert any(Path(out).is_relative_to(dep) for dep in deps for out in waiting), stage
        waiting |= outs(stage)
    assert STAGES["params"]["params"] == [{"params.yaml": None}]


def test_what_git_keeps_is_not_in_dvcs_cache() -> None:
    """Metrics and plots are in Git; data, and all that a training makes, are not."""
    for name, stage in STAGES.items():
        for entry in stage.get("outs", []) + stage.get("metrics", []):
            path, options = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
            in_git = path.startswith(("metrics/", "plots/"))
            # of this machine: another one that shares the cache must not be given it
            of_here = path == str(layout.MACHINE)
            assert options == ({"cache": False} if in_git or of_here else {}), (name, path)


def test_the_five_figures_are_dvc_plots_too() -> None:
    """The same names, from tables that stage compare writes, with templates that are there."""
    plots = {name: plot for entry in PIPELINE["plots"] for name, plot in entry.items()}
    assert list(plots) == list(figures.FIGURES)
    for plot in plots.values():
        (table,) = plot["y"]
        assert table in outs("compare")
        json.loads((PROJECT / f".dvc/plots/{plot['template']}.json").read_text())


def test_dvc_stays_quiet() -> None:
    """No analytics, no look for a newer version."""
    config = (PROJECT / ".dvc/config").read_text()
    assert "analytics = false" in config
    assert "check_update = false" in config
