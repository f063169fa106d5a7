"""What DVC offers beside `dvc repro`, by real DVC: experiments, the queue, a remote that a team shares, merges."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import tiny
from pipeline import CODE, Experiment, ran, trained
from processes import until
from tiny import PROJECT

END = ["compare", "report"]


def faster(source: dict[str, Any]) -> None:
    source["train"]["learning_rate"] = 0.05


def clone(experiment: Experiment, folder: Path) -> Experiment:
    """Return a clone as a teammate has it: with an environment, without data and cache."""
    experiment.git("clone", "--quiet", str(experiment.folder), str(folder))
    shutil.copytree(experiment.folder / ".venv", folder / ".venv", symlinks=True)
    return Experiment(folder)


def queued(experiment: Experiment, tasks: int) -> str:
    """Run the `tasks` of the queue at the same time; return what `dvc queue status` says of them in the end.

    That each has ended is seen by its file in the queue: to ask DVC again and again would slow them down.
    """
    started = experiment.dvc("queue", "start", "--jobs", str(tasks))
    assert started.returncode == 0, started.stderr
    results = experiment.folder / ".dvc/tmp/exps/celery/result"
    try:
        until(lambda: len(list(results.glob("celery-task-meta-*"))) == tasks)
        return experiment.dvc("queue", "status").stdout
    finally:
        experiment.dvc("queue", "stop", "--kill")


def test_an_experiment_is_tried_shown_compared_and_kept(experiment: Experiment) -> None:
    """In the workspace, by `-S`; `make runs` has a line a network, `dvc exp apply` and `branch` take it over."""
    before = experiment.git("rev-parse", "main")
    done = experiment.dvc("exp", "run", "--name", "faster", "-S", "train.learning_rate=0.05")
    assert len(trained(ran(done.stdout))) == 2, done.stderr
    experiment.git("checkout", "--quiet", ".")
    assert experiment.dvc("checkout").returncode == 0
    assert experiment.repro() == []
    assert experiment.git("status", "--porcelain") == ""

    rows = experiment.tool("runs").splitlines()
    assert [row.split()[0] for row in rows[2:]] == ["workspace", "stripes", "main", "stripes", "faster", "stripes"]
    assert [row.endswith("train.learning_rate: 0.05") for row in rows] == [False] * 6 + [True, False]
    assert max(map(len, rows)) < 120
    experiment.git("commit", "--quiet", "--allow-empty", "--message", "later")
    later = experiment.tool("runs").splitlines()
    assert [row.split()[0] for row in later[2::2]][:2] == ["workspace", "main"]
    assert later[-2:] == rows[-2:], "an experiment of the commit before"
    experiment.git("reset", "--quiet", "--soft", "HEAD~")
    diff = experiment.dvc("exp", "diff", "main", "faster")
    assert "learning_rate" in diff.stdout, diff.stderr

    assert experiment.dvc("exp", "branch", "faster", "taken").returncode == 0
    assert experiment.dvc("exp", "apply", "faster").returncode == 0
    assert experiment.read()["train"]["learning_rate"] == 0.05
    assert experiment.repro() == []
    assert experiment.git("rev-parse", "main") == before
    assert experiment.git("diff", "--stat", "taken") == ""


def test_a_temporary_workspace_needs_no_environment_of_its_own(experiment: Experiment) -> None:
    """The launcher finds that of the project."""
    done = experiment.dvc("exp", "run", "--temp", "--name", "third", "-S", "seeds=[3]")
    assert done.returncode == 0, done.stdout + done.stderr
    stages = ran(done.stdout)
    assert [stage for stage in stages if stage.startswith(("train@", "deploy@"))] == [
        f"{stage}@stripes-0.5-{name}-3" for stage in ("train", "deploy") for name in ("Regular", "Separable")
    ]
    assert experiment.git("status", "--porcelain") == ""
    assert experiment.repro() == []


def test_a_stage_without_an_environment_above_it_is_one_line(tmp_path: Path, experiment: Experiment) -> None:
    """It says what makes one."""
    shutil.move(experiment.folder / ".venv", tmp_path / "elsewhere")
    done = experiment.command("src/stage", "params")
    assert done.returncode == 1
    assert done.stderr == f"error: no .venv with a Python in {experiment.folder}: 'make setup' makes one\n"


def test_a_stage_keeps_the_memory_that_it_freed(tmp_path: Path) -> None:
    """Unless a person has set the variables of the C library."""
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$MALLOC_ARENA_MAX $MALLOC_MMAP_MAX_ $MALLOC_TRIM_THRESHOLD_ $*"\n')
    python.chmod(0o755)

    def said(**own: str) -> str:
        environment = {"PATH": os.environ["PATH"]} | own
        words = [str(PROJECT / "src/stage"), "train", "word"]
        return subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout

    assert said() == "1 0 100000000000 -m dscnn.stages.train word\n"
    assert said(MALLOC_ARENA_MAX="8", MALLOC_MMAP_MAX_="9") == "8 9 100000000000 -m dscnn.stages.train word\n"


def test_a_queue_of_two_with_two_jobs_and_a_queued_seed_taken_over(experiment: Experiment) -> None:
    """Both train their own; the seed, written into params.yaml later, is not trained again."""
    for name, change in (("third", "seeds=[3]"), ("faster", "train.learning_rate=0.05")):
        assert experiment.dvc("exp", "run", "--queue", "--name", name, "-S", change).returncode == 0
    said = queued(experiment, tasks=2)
    assert said.count("Success") == 2, said
    assert experiment.git("status", "--porcelain") == ""

    experiment.edit(lambda source: source["seeds"].append(3))
    assert experiment.repro() == ["params", "manifest", *END]
    experiment.edit(faster)
    stages = experiment.repro()
    assert sorted(trained(stages)) == ["train@stripes-0.5-Regular-3", "train@stripes-0.5-Separable-3"]


def test_a_team_trains_nothing_twice(experiment: Experiment, tmp_path: Path) -> None:
    """A pushes from main what was trained on a branch, and tried. B sets those values: nothing is trained."""
    assert experiment.dvc("remote", "add", "--default", "store", str(tmp_path / "store")).returncode == 0
    experiment.commit("a remote")
    experiment.git("checkout", "--quiet", "-b", "faster")
    experiment.edit(faster)
    experiment.repro()
    experiment.commit("faster")
    summary, table = experiment.summary(), (experiment.folder / "plots/arms.csv").read_text()
    experiment.git("checkout", "--quiet", "main")
    experiment.edit(lambda source: source["seeds"].append(2))
    experiment.repro()  # tried, and never committed
    experiment.git("checkout", "--quiet", ".")
    assert experiment.dvc("checkout").returncode == 0
    assert "new files" in experiment.tool("share", "push")

    other = clone(experiment, tmp_path / "clone")
    assert "new files" in other.tool("share", "pull")
    assert other.repro() == ["machine"]  # what it finds is the same here, so what was timed stands
    assert other.git("status", "--porcelain") == ""
    other.edit(faster)
    assert set(other.repro()) == set(END)
    assert other.summary() == summary
    assert (other.folder / "plots/arms.csv").read_text() == table
    other.git("checkout", "--quiet", ".")
    other.edit(lambda source: source["seeds"].append(2))
    assert not trained(other.repro())


def test_two_branches_merge_into_what_both_trained(experiment: Experiment, tmp_path: Path) -> None:
    """Git asks nothing of what the pipeline makes; `dvc repro` then trains only what neither branch had."""
    driver = "PYTHONPATH=src .venv/bin/python -m dscnn.tools.merge_lock %O %A %B"
    experiment.git("config", "merge.dvc-lock.driver", driver)
    experiment.git("config", "merge.made-anew.driver", "true")
    for branch, name in (("one", "First"), ("two", "Second")):
        experiment.git("checkout", "--quiet", "-b", branch, "main")
        assert experiment.dvc("checkout").returncode == 0
        lines = (experiment.folder / "params.yaml").read_text()
        # on lines of their own, apart, so that Git merges params.yaml by itself
        place = "\narchitectures:\n" if name == "First" else "\nwidths:\n"
        new = f"  {name}: [separable, conv]\n"
        text = lines.replace(place, place + new if name == "First" else f"\n{new}{place[1:]}")
        (experiment.folder / "params.yaml").write_text(text)
        assert trained(experiment.repro()) == [f"train@stripes-0.5-{name}-1"]
        experiment.commit(name)
    merge = experiment.command("git", "merge", "--no-edit", "one")
    assert merge.returncode == 0, merge.stdout + merge.stderr
    assert "'make repro' settles them" in merge.stdout + merge.stderr
    assert list(experiment.read()["architectures"]) == ["First", "Regular", "Separable", "Second"]
    assert not trained(experiment.repro())
    assert len(experiment.summary()) == 4
    experiment.commit("merged")
    assert experiment.repro() == []


def test_what_params_yaml_no_longer_names_is_listed_and_removed(experiment: Experiment) -> None:
    """Files and entries of the lock file; what stays is what was before, and what went comes back untrained."""
    before, stages = experiment.files(), list(experiment.read("dvc.lock")["stages"])
    experiment.edit(lambda source: source["architectures"].update(ConvLast=["separable", "conv"]))
    experiment.repro()
    experiment.edit(lambda source: source["architectures"].pop("ConvLast"))
    done = experiment.dvc("repro")
    assert "'make prune' removes what params.yaml does not name" in done.stdout
    listed = experiment.tool("prune", "")
    assert "models/stripes/0.5/ConvLast/1.npz\n" in listed
    assert "dvc.lock: train@stripes-0.5-ConvLast-1\n" in listed
    assert "nothing was removed" in listed
    assert (experiment.folder / "models/stripes/0.5/ConvLast/1.npz").exists()
    assert "removed" in experiment.tool("prune", "1")
    assert set(experiment.files()) == set(before)
    assert "nothing to remove" in experiment.tool("prune", "1")
    assert experiment.repro() == []
    assert list(experiment.read("dvc.lock")["stages"]) == stages
    experiment.edit(lambda source: source["architectures"].update(ConvLast=["separable", "conv"]))
    assert not trained(experiment.repro())


def test_an_archive_in_the_cache_stands_for_a_folder_that_is_elsewhere(experiment: Experiment, tmp_path: Path) -> None:
    """A teammate without the images trains another architecture on them."""
    folder = experiment.folder.parent / "photos"
    entry = tiny.own_images(folder)
    experiment.edit(lambda source: source.update(own=entry), "datasets.yaml")
    experiment.edit(lambda source: source.update(datasets=["own"], folders={"own": "../photos"}))
    assert experiment.dvc("remote", "add", "--default", "store", str(tmp_path / "store")).returncode == 0
    experiment.repro()
    experiment.commit("own images")
    experiment.tool("share", "push")
    (tmp_path / "elsewhere").mkdir()
    other = clone(experiment, tmp_path / "elsewhere/project")
    bad = other.command("env", f"PYTHONPATH={CODE}", ".venv/bin/python", "-m", "dscnn.tools.repro")
    assert bad.returncode == 1
    assert "folders.own: ../photos is no folder" in bad.stderr
    other.tool("share", "pull")
    other.edit(lambda source: source["architectures"].update(ConvLast=["separable", "conv"]))
    done = other.tool("repro")
    assert "folders.own: ../photos is not on this machine; the archive packed from it stands for it" in done
    assert trained(ran(done)) == ["train@own-0.5-ConvLast-1"]


LEFT = (
    "training/.fit.py.swp", "training/.fit.py.swo", "training/fit.py~", "training/#fit.py#", "core/.DS_Store",
    "core/._files.py", "core/.ipynb_checkpoints/files-checkpoint.py", "reporting/templates/page.css~",
    "reporting/templates/.page.html.swp", "reporting/Thumbs.db",
)  # fmt: skip


def test_what_editors_leave_in_the_code_is_no_change(experiment: Experiment) -> None:
    """Swap files, backups, locks and caches, for DVC and for Git; no code and no template is of that kind."""
    code = experiment.folder / "src/dscnn"
    for name in LEFT:
        (code / name).parent.mkdir(exist_ok=True)
        (code / name).write_text("left")
    (code / "networks/.#build.py").symlink_to("somebody@a-host.1:2")
    (code / "networks/build.py.orig").write_text("before a merge")
    assert "up to date" in experiment.dvc("status").stdout
    assert experiment.git("status", "--porcelain") == "?? src/dscnn/networks/build.py.orig\n"
    kept = experiment.git("ls-files", "src").split()
    assert {Path(name).suffix for name in kept} == {"", ".sh", ".py", ".css", ".html", ".js"}
    assert experiment.dvc("check-ignore", *kept).stdout == ""


@pytest.mark.parametrize("name", ["push", "pull"])
def test_sharing_without_a_remote_says_how_to_add_one(experiment: Experiment, name: str) -> None:
    """It is DVC's own advice."""
    done = experiment.command("env", f"PYTHONPATH={CODE}", ".venv/bin/python", "-m", "dscnn.tools.share", name)
    assert done.returncode == 1
    assert "dvc remote add -d" in done.stderr
