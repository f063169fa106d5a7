"""dvc.yaml's lists are exact: what each stage depends on is what it imports, reads and looks at, no more, no less."""

import ast
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import tiny
from dscnn.core.device import MACHINE
from dscnn.experiment.params import CHECKED
from dscnn.reporting.figures import catalogue
from tiny import PROJECT

PIPELINE = YAML(typ="safe").load(PROJECT / "dvc.yaml")
STAGES = {name: stage.get("do", stage) for name, stage in PIPELINE["stages"].items()}
VALUES = {name: str(value) for each in PIPELINE["vars"] for name, value in each.items()} | {
    "item.dataset": "stripes",
    "item.width": "0.5",
    "item.architecture": "Separable",
    "item.seed": "1",
    "seeds[0]": "1",
    "key": "own",
    "item": "photos",
}
SOURCE = PROJECT / "src"
ROOMS = [
    "conversion", "core", "costs", "data", "experiment", "networks", "reporting/tables", "reporting", "statistics",
    "timing", "training",
]  # fmt: skip
MANIFEST = "metrics/manifest.json"
# files that a stage depends on and does not read: what decides the versions that it finds
UNREAD = {"machine": {"requirements.lock"}}
UNTRACKED = {
    "fetch": ["datasets.yaml:stripes.addresses"],  # the checksum says what the bytes are, wherever they lie
    "train": ["live"],  # shows what happens, and changes nothing
}


def resolved(text: str) -> str:
    return re.sub(r"\$\{([\w.\[\]]+)\}", lambda match: VALUES[match[1]], text)


def command(stage: str) -> list[str]:
    """Return the words of what `stage` runs, without a comment to the shell."""
    return resolved(STAGES[stage]["cmd"].partition(" #")[0]).split()


def paths(entries: list[Any]) -> set[str]:
    """Return the paths of a list of deps or outs."""
    return {resolved(entry if isinstance(entry, str) else next(iter(entry))) for entry in entries}


def deps(stage: str) -> set[str]:
    return paths(STAGES[stage]["deps"])


def made(stage: dict[str, Any]) -> list[Any]:
    """Return the entries of all that a stage makes; as a metric or plot it is an output too."""
    return [entry for kind in ("outs", "metrics", "plots") for entry in stage.get(kind, [])]


def outs(stage: str) -> set[str]:
    return paths(made(STAGES[stage]))


def imports(path: Path) -> set[Path]:
    """Return the modules of ours that the module at `path` imports anywhere in its text."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dscnn"):
            module = SOURCE.joinpath(*str(node.module).split("."))
            if module.is_dir():
                found |= {module / f"{alias.name}.py" for alias in node.names}
            else:
                found.add(module.with_suffix(".py"))
        elif isinstance(node, ast.Import):
            ours = [alias.name for alias in node.names if alias.name.startswith("dscnn")]
            assert not ours, f"{path}: write from dscnn.room import module, not import {ours[0]}"
    return found


def closure(stage: str) -> set[Path]:
    """Return the module of `stage` and all it imports, directly or not.

    The package experiment is left out and not followed: it holds shapes and checks only
    (tests/experiment/test_params.py), so it cannot change what a stage makes of the same values; the values
    themselves are tracked one by one. Only stage params, which does the checks, depends on it.
    """
    seen, ahead = set(), {SOURCE / f"dscnn/stages/{stage}.py"}
    while ahead:
        path = ahead.pop()
        assert path.exists(), path
        seen.add(path)
        new = imports(path) - seen
        ahead |= new if stage == "params" else {each for each in new if each.parent.name != "experiment"}
    return seen


def code(stage: str) -> set[str]:
    """Return the stage's own module and the rooms of all others that it imports."""
    found = set()
    for path in closure(stage):
        inside = path.relative_to(SOURCE / "dscnn")
        room = next((room for room in ROOMS if inside.is_relative_to(room)), None)
        found.add(f"src/dscnn/{room or inside}")
    # a room that is listed whole covers the room inside it
    return {path for path in found if path != "src/dscnn/reporting/tables" or "src/dscnn/reporting" not in found}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_a_module_of_its_name(stage: str) -> None:
    """One word finds the stage, its module and its test."""
    axes = STAGES[stage].get("matrix", {})
    points = ["own"] if stage == "pack" else [VALUES[f"item.{axis}"] for axis in axes]
    assert " ".join(command(stage)) == " ".join(["src/stage", stage, *points])
    assert (PROJECT / f"tests/stages/test_{stage}.py").exists()


@pytest.mark.parametrize("stage", STAGES)
def test_code_deps_are_the_imports(stage: str) -> None:
    """Its own module, and the rooms of what it imports, followed through all modules."""
    assert {dep for dep in deps(stage) if dep.startswith("src/")} == code(stage)


def test_every_module_is_used_and_tested() -> None:
    """No room nobody enters, no module without a test."""
    modules = {path for path in SOURCE.rglob("*.py") if path.name != "__init__.py"}
    used = set()
    for path in [*(SOURCE / "dscnn/stages").glob("*.py"), *(SOURCE / "dscnn/tools").glob("*.py")]:
        ahead = {path}
        while ahead:
            module = ahead.pop()
            used.add(module)
            ahead |= imports(module) - used
    assert modules == used - {SOURCE / "dscnn/stages/__init__.py", SOURCE / "dscnn/tools/__init__.py"}
    mirrors = {path: PROJECT / "tests" / path.relative_to(SOURCE / "dscnn").parent for path in modules}
    untested = [path for path, folder in mirrors.items() if not (folder / f"test_{path.name}").exists()]
    assert untested == []


def foreign(path: Path) -> set[str]:
    """Return the packages of others, but for Python's own, that the module at `path` imports anywhere in its text."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name.split(".")[0] for name in found} - sys.stdlib_module_names - {"dscnn"}


def test_every_package_that_is_imported_is_listed() -> None:
    """In pyproject.toml, not left to another package that needs it too; `make bench` takes PyTorch if it is there."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[^\w.-]", entry)[0] for entry in project["dependencies"]}
    listed = {re.sub(r"[-_.]+", "-", name).lower() for name in names}
    imported = {name: path for path in sorted(SOURCE.rglob("*.py")) for name in foreign(path)}
    unlisted, installed = {}, packages_distributions()
    for name in imported.keys() - {"torch"}:
        of = {re.sub(r"[-_.]+", "-", each).lower() for each in installed.get(name, [])}
        if not of & listed:
            unlisted[name] = str(imported[name].relative_to(PROJECT))
    assert unlisted == {}


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory, archives: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """What each stage looked at, read and wrote, run one after the other on the tiny experiment."""
    folder = tmp_path_factory.mktemp("recorded")
    params = tiny.params() | {"architectures": {"Separable": ["separable", "separable"]}}
    params |= {"deploy": ["float32"], "folders": {"own": "photos"}}
    params["network"] |= {"filters": [4]}  # one block, since every layer of it is timed
    tiny.write_experiment(folder, archives)
    tiny.write_yaml(folder / "params.yaml", params)
    own = {"own": tiny.own_images(folder / "photos")}
    tiny.write_yaml(folder / "datasets.yaml", tiny.datasets(archives) | own)
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    calls = [" ".join(command(stage)[1:]) for stage in STAGES]
    words = [sys.executable, str(PROJECT / "tests/recorded.py"), *calls]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen = {stage: json.loads((folder / f"recorded-{stage}.json").read_text()) for stage in STAGES}
    seen["manifest"]["listed"] = list(json.loads((folder / MANIFEST).read_text())["files"])
    return seen


def tracked(stage: str) -> list[str]:
    """Return the keys that `stage` tracks; those of another file than params.yaml with its name."""
    keys = []
    for entry in STAGES[stage].get("params", []):
        if isinstance(entry, str):
            keys.append(resolved(entry))
        else:
            keys += [f"{file}:{resolved(key)}" for file, own in entry.items() for key in own]
    return keys


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "params"])
def test_params_are_those_a_stage_looks_at(records: dict[str, dict[str, list[str]]], stage: str) -> None:
    """Every value used is under a listed key, and under every listed key a value is used."""
    looked_at = [key for key in records[stage]["params"] if key not in UNTRACKED.get(stage, [])]
    listed = tracked(stage)

    def covers(key: str, value: str) -> bool:
        return value == key or value.startswith(f"{key}.")

    assert [value for value in looked_at if not any(covers(key, value) for key in listed)] == []
    assert [key for key in listed if not any(covers(key, value) for value in looked_at)] == []


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "params"])
def test_data_deps_are_the_files_a_stage_reads(records: dict[str, dict[str, list[str]]], stage: str) -> None:
    """Every file read is a dep or in a folder that is one, and from every dep something is read."""
    own = {dep for dep in deps(stage) if not dep.startswith("src/")} - {str(CHECKED)}
    read = records[stage]["read"]
    known = own | (set(records["manifest"]["listed"]) if MANIFEST in own else set())
    assert [path for path in read if not any(Path(path).is_relative_to(dep) for dep in known)] == []
    read_or_known = [*read, *UNREAD.get(stage, ())]
    assert [dep for dep in own if not any(Path(path).is_relative_to(dep) for path in read_or_known)] == []


def test_the_manifest_lists_what_the_stages_before_it_write(records: dict[str, dict[str, list[str]]]) -> None:
    """Every file of theirs in metrics/ and the test images, and nothing else."""
    before = list(STAGES)[: list(STAGES).index("manifest")]
    written = [path for stage in before for path in outs(stage) if path.startswith("metrics/") or "/test." in path]
    assert sorted(records["manifest"]["listed"]) == sorted(written)


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
        assert any(Path(out).is_relative_to(dep) for dep in deps(stage) for out in waiting), stage
        waiting |= outs(stage)
    assert STAGES["params"]["params"] == [{"params.yaml": None}, {"datasets.yaml": None}]


def test_what_git_keeps_is_not_in_dvcs_cache() -> None:
    """Git keeps what people read: what compare and report write, and the samples; the cache has all else."""
    for name, stage in STAGES.items():
        for entry in made(stage):
            path, options = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
            in_git = name in ("compare", "report") or path.startswith("plots/samples_")
            # of this machine: another one that shares the cache must not be given it
            of_here = path == str(MACHINE)
            assert options == ({"cache": False} if in_git or of_here else {}), (name, path)
    assert paths(STAGES["prepare"]["plots"]) == {"plots/samples_stripes.png"}


def test_git_ignores_what_dvcs_cache_has(tmp_path: Path) -> None:
    """And nothing that it should keep; so DVC writes no .gitignore of its own."""
    for name in (".gitignore", "data/.gitignore", "metrics/.gitignore", "models/.gitignore"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    ignored = {}
    for stage in STAGES:
        for path in outs(stage) | ({"metrics/compare/stripes/0.5/Separable.json"} if stage == "compare" else set()):
            command = ["git", "-C", str(tmp_path), "check-ignore", "--quiet", path]
            ignored[path] = subprocess.run(command, check=False).returncode == 0
    kept = outs("compare") | outs("report") | paths(STAGES["prepare"]["plots"])
    kept.add("metrics/compare/stripes/0.5/Separable.json")
    assert {path for path, value in ignored.items() if not value} - {"metrics/compare"} == kept - {"metrics/compare"}


def test_the_five_figures_are_dvc_plots_too() -> None:
    """The same names, from tables that stage compare writes, with templates that are there."""
    plots = {name: plot for entry in PIPELINE["plots"] if isinstance(entry, dict) for name, plot in entry.items()}
    pictures = [entry for entry in PIPELINE["plots"] if isinstance(entry, str)]
    assert [*plots, *(Path(picture).stem for picture in pictures)] == list(catalogue.FIGURES)
    assert pictures == ["plots/disagreements.png"], "images cannot be drawn from a table"
    for plot in plots.values():
        (table,) = plot["y"]
        assert table in outs("compare")
        json.loads((PROJECT / f".dvc/plots/{plot['template']}.json").read_text())


def test_dvc_draws_accuracy_against_what_the_figures_do() -> None:
    """The same column of the table of networks."""
    plots = {name: plot for entry in PIPELINE["plots"] if isinstance(entry, dict) for name, plot in entry.items()}
    against = {name: plot["x"] for name, plot in plots.items() if plot["template"] == "against"}
    assert len(against) == 4
    for name, column in against.items():
        assert inspect.getclosurevars(catalogue.FIGURES[name].draw).nonlocals["column"] == column


def test_dvc_stays_quiet() -> None:
    """No analytics, no look for a newer version."""
    config = (PROJECT / ".dvc/config").read_text()
    assert "analytics = false" in config
    assert "check_update = false" in config


def test_dvc_reads_yaml_with_the_parser_in_c() -> None:
    """Without the extra of ruamel.yaml there is one in Python, and each `dvc repro` takes seconds longer."""
    assert YAML(typ="safe").Parser.__module__.endswith("_ruamel_yaml")
