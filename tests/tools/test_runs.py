import subprocess
from pathlib import Path
from typing import Any

import dvc.api
import pytest
from dvc.exceptions import DvcException
from dvc.repo import Repo

from dscnn.core.stage import Problem
from dscnn.tools import runs
from pipeline import DVC, ENVIRONMENT


def row(name: str | None, rev: str, typ: str = "baseline", state: str | None = None, **values: Any) -> dict[str, Any]:
    """Return a row of DVC's `exp_show`; `values` has keys of params.yaml, others begin with `metrics/`."""
    return {"Experiment": name, "rev": rev, "typ": typ, "State": state, "seeds": [1], "train.epochs": 7, **values}


def measures(accuracy: float, network: str = "mnist/0.125/Regular") -> dict[str, Any]:
    own = {"accuracy": accuracy, "loss": 0.25, "macs": 2_000_000, "train_seconds": 4.0, "flops": 5}
    return {f"metrics/compare/{network}.json:{name}": value for name, value in own.items()}


def test_measures_are_gathered_by_network() -> None:
    """Values that a row lacks, and those of other files, are none."""
    found = runs.networks(
        row(None, "main") | measures(0.5) | measures(0.75, "mnist/0.125/Separable")
        | {"metrics/compare/mnist/1.0/Gone.json:accuracy": None, "metrics/other/a.json:accuracy": 1.0, "x": 3}
    )  # fmt: skip
    assert {name: own["accuracy"] for name, own in found.items()} == {
        "mnist 0.125 Regular": 0.5, "mnist 0.125 Separable": 0.75,
    }  # fmt: skip
    assert found["mnist 0.125 Regular"]["macs"] == 2_000_000


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, ""),
        ({"train.epochs": 9}, "train.epochs: 9"),
        ({"seeds": [3], "train.epochs": 9}, "seeds: [3], train.epochs: 9"),
        ({"architectures.New": ["conv", "conv"]}, "architectures.New: ['conv', 'conv']"),
        ({"src/dscnn/core": "ab"}, ""),
        ({"references": "0123456789abcdef0123456789abcdef.dir"}, ""),
    ],
    ids=str,
)
def test_what_was_changed_are_values_of_params_yaml(values: dict[str, Any], said: str) -> None:
    """Checksums of deps, one of which has the name of a parameter, are none."""
    assert runs.changed(row(None, "main") | values, row(None, "main")) == said


def test_a_value_that_is_gone_is_named() -> None:
    """An architecture that an experiment left out."""
    base = row(None, "main") | {"architectures.Old": ["conv", "conv"]}
    assert runs.changed(row(None, "x"), base) == "architectures.Old: None"


def test_the_table_by_hand() -> None:
    """A network has a row, an experiment its name in the first; changes are against the commit above it."""
    table = runs.table(
        [
            row(None, "workspace") | measures(0.9123) | {"train.epochs": 8},
            row(None, "main") | measures(0.5) | measures(0.75, "mnist/0.125/Separable"),
            row("faster", "ab12", "branch_base") | measures(0.25) | {"seeds": [3]},
            row("waiting", "cd34", "branch_base", "Queued") | {"seeds": [4]},
            row(None, "older") | measures(0.125) | {"train.epochs": 5},
            row("again", "ef56", "branch_base", "Success") | measures(0.25) | {"train.epochs": 7},
        ]
    )
    cells = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in table.splitlines()]
    assert cells[0] == [
        "run", "network", "test accuracy", "loss", "multiply-adds", "train time", "changed in params.yaml",
    ]  # fmt: skip
    figures = ["0.2500", "2,000,000", "4.0 s"]
    assert cells[2:] == [
        ["workspace", "mnist 0.125 Regular", "0.9123", *figures, "train.epochs: 8"],
        ["main", "mnist 0.125 Regular", "0.5000", *figures],
        ["mnist 0.125 Separable", "0.7500", *figures],
        ["faster", "mnist 0.125 Regular", "0.2500", *figures, "seeds: [3]"],
        ["waiting", "Queued seeds: [4]"],
        ["older", "mnist 0.125 Regular", "0.1250", *figures],
        ["again", "mnist 0.125 Regular", "0.2500", *figures, "train.epochs: 7"],
    ]


def test_a_measure_that_an_old_run_lacks_is_a_gap() -> None:
    """Its other figures stand in their columns."""
    own = {key: value for key, value in measures(0.5).items() if not key.endswith(":loss")}
    table = runs.table([row(None, "main") | own])
    assert "0.5000" in table
    assert "0.2500" not in table
    head, _, line = table.splitlines()
    end = head.index("multiply-adds") + len("multiply-adds")
    assert line[:end].endswith("2,000,000")


def test_without_a_commit_there_is_the_workspace_alone() -> None:
    """In a repository that is new."""
    table = runs.table([row(None, "workspace") | measures(0.5)])
    assert table.splitlines()[2].split()[0] == "workspace"


def test_commits_without_experiments_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the present one; what waits in the queue counts too, and the newest comes first."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str, at: int = 0) -> str:
        dated = {f"GIT_{role}_DATE": f"@{10**9 + at} +0000" for role in ("AUTHOR", "COMMITTER")}
        done = subprocess.run(words, env=ENVIRONMENT | dated, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    call("git", "init", "--quiet")
    Repo.init(".").close()
    assert runs.baselines() == []
    Path("dvc.yaml").write_text("stages: {a: {cmd: touch b, params: [seeds], outs: [b]}}\n")
    made = []
    for number in range(5):
        Path("params.yaml").write_text(f"seeds: [{number}]\n")
        call("git", "add", "--all")
        call("git", "commit", "--quiet", "--message", "one more", at=number)
        made.append(call("git", "rev-parse", "HEAD"))
        if number == 1:
            call(str(DVC), "exp", "run", "--queue", "-S", "seeds=[7]")
        if number in (2, 4):
            call(str(DVC), "exp", "run", "-S", "seeds=[8]")
            call("git", "checkout", "--quiet", ".")
    assert runs.baselines() == ["HEAD", made[2], made[1]]


def test_main_shows_what_dvc_has(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """And what DVC says against it is one line."""
    rows = [row(None, "workspace"), row(None, "main") | measures(0.5)]
    monkeypatch.setattr(runs, "baselines", lambda: ["HEAD", "older"])
    monkeypatch.setattr(dvc.api, "exp_show", lambda revs: rows if revs == ["HEAD", "older"] else [])
    runs.main()
    assert capsys.readouterr().out == runs.table(rows) + "\n"

    def broken(revs: list[str]) -> None:
        raise DvcException("you are not inside of a DVC repository")

    monkeypatch.setattr(dvc.api, "exp_show", broken)
    with pytest.raises(Problem, match=r"^you are not inside of a DVC repository$"):
        runs.main()
