"""`make repro` when a stage fails, by real DVC: the others go on, the report has the rest and names what is missing."""

import os
import re
import signal
import subprocess
import sys
import time
from typing import Any

import psutil

import tiny
from pipeline import CODE, ENVIRONMENT, Experiment, ran, trained
from processes import below, until

REPRO = (sys.executable, "-m", "dscnn.tools.repro")
THIRD = "train@stripes-0.5-Separable-3"


def three_seeds(source: dict[str, Any]) -> None:
    source["seeds"] = [1, 2, 3]


def repro(experiment: Experiment, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = [f"{name}={value}" for name, value in {"PYTHONPATH": CODE, **environment}.items()]
    return experiment.command("env", *settings, *REPRO)


def report(experiment: Experiment) -> str:
    return (experiment.folder / "metrics/report.md").read_text()


def test_a_training_that_fails_is_named_and_made_later(experiment: Experiment) -> None:
    """The other five are in the report; the cause gone, the one runs alone, and the report has all six."""
    experiment.edit(three_seeds)
    done = repro(experiment, FAILS=THIRD)
    assert done.returncode == 1
    assert "error: it was told to fail" in done.stderr
    assert done.stderr.splitlines()[-1] == (
        "error: 'dvc repro' failed; its message is above. metrics/report.md has the rest, and names what is missing;"
        " 'make repro' takes up what is missing"
    )
    assert sorted(trained(ran(done.stdout))) == [
        f"train@stripes-0.5-{name}-{seed}" for name in ("Regular", "Separable") for seed in (2, 3)
    ]
    said = report(experiment)
    assert "**1 of 6 training runs is missing**" in said
    assert "- stripes, width 0.5: Separable seed 3\n" in said
    assert "2 to 3 training runs of each" in said
    rows = (experiment.folder / "plots/arms.csv").read_text()
    assert re.findall(r"^stripes,0\.5,(\w+),(\d)", rows, re.MULTILINE) == [
        ("Regular", "1"), ("Regular", "2"), ("Regular", "3"), ("Separable", "1"), ("Separable", "2"),
    ]  # fmt: skip
    again = repro(experiment, FAILS=THIRD)
    assert (again.returncode, ran(again.stdout)) == (1, [THIRD]), "the report of the rest stands"

    whole = repro(experiment)
    assert whole.returncode == 0, whole.stderr
    assert ran(whole.stdout) == [THIRD, "evaluate@stripes-0.5-Separable-3", "manifest", "compare", "report"]
    assert "missing" not in report(experiment)
    assert ",Separable,3," in (experiment.folder / "plots/arms.csv").read_text()
    assert repro(experiment).returncode == 0
    assert experiment.repro() == []


def test_what_waits_for_a_stage_that_failed_is_not_reported_from_earlier_runs(experiment: Experiment) -> None:
    """Scores of other weights than those of now lie there; an architecture that has none of now is in no table."""
    experiment.edit(lambda source: source["architectures"].update(ConvLast=["separable", "conv"]))
    experiment.repro()
    experiment.edit(lambda source: source["train"].update(learning_rate=0.05))
    done = repro(experiment, FAILS="train@stripes-0.5-Regular-1")
    assert done.returncode == 1
    assert "- stripes, width 0.5: Regular seed 1 (all, so it is left out there)\n" in report(experiment)
    assert sorted(experiment.summary()) == ["stripes/0.5/ConvLast", "stripes/0.5/Separable"]
    assert not (experiment.folder / "metrics/evaluate/stripes/0.5/Regular/1.json").exists()
    for table in (experiment.folder / "plots").glob("*.csv"):
        assert "Regular" not in table.read_text(), table


def test_a_first_run_without_conversions_has_a_report(experiment: Experiment) -> None:
    """A folder that no stage has made yet is no error."""
    experiment.edit(lambda source: source.update(architectures={"Other": ["separable", "conv"]}))
    for path in sorted((experiment.folder / "metrics/deploy").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (experiment.folder / "metrics/deploy").rmdir()
    done = repro(experiment, FAILS="deploy@stripes-0.5-Other-1")
    assert done.returncode == 1
    said = "stage `deploy`: metrics/deploy/stripes/0.5/Other/1.json; without it a network has no conversions"
    assert said in report(experiment)


def test_a_folder_that_is_elsewhere_costs_no_report(experiment: Experiment) -> None:
    """Its archive stands for it; what failed is missing in the report, and no more."""
    folder = experiment.folder.parent / "photos"
    entry = tiny.own_images(folder)
    experiment.edit(lambda source: source.update(own=entry), "datasets.yaml")
    # tests/tools/test_unfinished.py has other ways to write its path
    experiment.edit(lambda source: source.update(datasets=["own"], folders={"own": "../photos/"}))
    experiment.repro()
    folder.rename(folder.with_name("elsewhere"))
    experiment.edit(lambda source: source.update(seeds=[1, 2]))
    done = repro(experiment, FAILS="train@own-0.5-Separable-2")
    assert done.returncode == 1
    assert "metrics/report.md has the rest, and names what is missing" in done.stderr
    assert "- own, width 0.5: Separable seed 2\n" in report(experiment)


def test_without_any_score_there_is_no_report(experiment: Experiment) -> None:
    """What was there stays as it was."""
    before = experiment.files()
    experiment.edit(lambda source: source.update(validation_seed=1))
    done = repro(experiment, FAILS="params")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "error: 'dvc repro' failed; its message is above"
    kept = {path: digest for path, digest in before.items() if not path.startswith("data/")}
    assert kept.items() <= experiment.files().items()


def test_an_interrupt_ends_all(experiment: Experiment) -> None:
    """As Ctrl-C does, to the whole group of processes: no other stage is started, and no report is made."""
    experiment.edit(three_seeds)
    waits = "train@stripes-0.5-Regular-2"

    def runs(process: psutil.Process) -> bool:
        return process.environ().get("DVC_STAGE") == waits

    with subprocess.Popen(
        REPRO, cwd=experiment.folder, env=ENVIRONMENT | {"PYTHONPATH": CODE, "WAITS": waits}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, preexec_fn=heeding,
    ) as running:  # fmt: skip
        until(lambda: running.poll() is not None or bool(below(running.pid, runs)))
        assert running.poll() is None
        time.sleep(1)
        os.killpg(running.pid, signal.SIGINT)
        said, errors = running.communicate(timeout=180)
    assert running.returncode == 1
    assert "stopped" in errors.splitlines(), errors  # before or after what the stage said that was stopped with it
    assert ran(said)[-1] == waits


def heeding() -> None:
    """Heed Ctrl-C, which what a shell started in the background inherits to be ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
