"""The whole pipeline by real DVC: what each edit reruns, and what bad parameters do not touch."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

import tiny
from tiny import PROJECT

Edit = Callable[[dict[str, Any]], None]
DVC = Path(sys.executable).with_name("dvc")
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHONPATH", "GIT_"))} | {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "test",
    "GIT_AUTHOR_EMAIL": "test@localhost",
    "GIT_COMMITTER_NAME": "test",
    "GIT_COMMITTER_EMAIL": "test@localhost",
}


class Experiment:
    """A copy of the project with tiny parameters, in a Git repository of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(words, cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)

    def git(self, *words: str) -> str:
        done = self.command("git", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def dvc(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.command(str(DVC), *words)

    def repro(self) -> list[str]:
        """Run `dvc repro` and return the stages that ran, in order; the run cache's are not among them."""
        done = self.dvc("repro")
        assert done.returncode == 0, done.stdout + done.stderr
        return re.findall(r"^Running stage '(.+)':$", done.stdout, re.MULTILINE)

    def read(self, name: str = "params.yaml") -> dict[str, Any]:
        return yaml.safe_load((self.folder / name).read_text())

    def edit(self, change: Edit, name: str = "params.yaml") -> None:
        source = self.read(name)
        change(source)
        tiny.write_yaml(self.folder / name, source)

    def summary(self) -> dict[str, Any]:
        return json.loads((self.folder / "metrics/summary.json").read_text())

    def files(self) -> dict[str, str]:
        """Return the hash of each file that the pipeline has made."""
        made = [path for top in ("data", "metrics", "models", "plots") for path in (self.folder / top).rglob("*")]
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in made
            if path.is_file()
        }


def installed(folder: Path) -> Experiment:
    """Copy what Git keeps of the project's code into `folder`, with data of its own beside it."""
    for name in ("src", ".dvc/plots"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (
        ".dvc/config",
        ".dvc/.gitignore",
        ".dvcignore",
        ".gitignore",
        "dvc.yaml",
        "requirements.lock",
        "data/.gitignore",
        "models/.gitignore",
        "metrics/deploy/.gitkeep",
        "metrics/references/.gitkeep",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, folder / name)
    (folder / ".venv").symlink_to(Path(sys.prefix))
    shutil.copy(PROJECT / ".dvc/plots.html", folder / ".dvc/plots.html")
    tiny.write_experiment(folder, tiny.written(folder.parent))
    experiment = Experiment(folder)
    experiment.git("init", "--quiet", "--initial-branch=main")
    return experiment


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """The tiny experiment, run once by the real stages and committed."""
    experiment = installed(tmp_path_factory.mktemp("pipeline") / "project")
    before = ["params", "fetch", "prepare", "machine", "benchmark", "references"]
    assert len(experiment.repro()) == len(before) + 2 * len(["cost", "train", "logbook", "evaluate"]) + len(
        ["compare", "report"]
    )
    experiment.git("add", "--all")
    experiment.git("commit", "--quiet", "--message", "first")
    return experiment


@pytest.fixture
def real(finished: Experiment, tmp_path: Path) -> Experiment:
    """A copy of the finished experiment, its cache included, to be edited."""
    return Experiment(shutil.copytree(finished.folder, tmp_path / "project", symlinks=True))


@pytest.fixture
def experiment(real: Experiment, tmp_path: Path) -> Experiment:
    """The same, with stand-ins for the stages of TensorFlow (tests/stand_in.py): what runs is the same, but soon."""
    for name in ("data/machine.json", "metrics", "models", ".state/times"):
        source, target = real.folder / name, tmp_path / "templates" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    (real.folder / ".venv").unlink()
    python = real.folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {PROJECT / "tests/stand_in.py"} "$@"\n')
    python.chmod(0o755)
    return real


BENCHMARK = "benchmark@stripes-0.5"


def arms(architecture: str, *seeds: int, width: str = "0.5") -> list[str]:
    names = [f"stripes-{width}-{architecture}-{seed}" for seed in seeds]
    return [f"{stage}@{name}" for stage in ("train", "logbook", "evaluate") for name in names]


def tables(files: dict[str, str]) -> dict[str, str]:
    """Return `files` without the figures, which the stand-in of stage report does not draw."""
    return {path: digest for path, digest in files.items() if not re.match(r"plots/(?!samples_).*\.png", path)}


def untimed(files: dict[str, str]) -> dict[str, str]:
    """Return `tables` without those that hold what stage benchmark timed anew."""
    timed = {f"plots/{name}.csv" for name in ("layers", "networks", "operations", "relative")}
    timed |= {"metrics/report.md", "metrics/summary.json"}
    return {
        path: digest
        for path, digest in tables(files).items()
        if not path.startswith("metrics/benchmark") and path not in timed
    }


def trained(stages: list[str]) -> list[str]:
    return [stage for stage in stages if stage.startswith("train@")]


def test_the_first_run_makes_everything_and_the_second_nothing(experiment: Experiment) -> None:
    """Every promised file; Git sees no change after a second run, nor a file that is not kept."""
    made = set(experiment.files())
    assert {
        "models/stripes/0.5/Regular/1.npz",
        "metrics/cost/stripes/0.5/Separable.json",
        "metrics/train/stripes/0.5/Separable/1/history.csv",
        "metrics/train/stripes/0.5/Separable/1/timing.json",
        "metrics/evaluate/stripes/0.5/Separable/1.json",
        "metrics/summary.json",
        "metrics/report.md",
        "plots/samples_stripes.png",
        "plots/val_loss.png",
    } <= made
    assert experiment.repro() == []
    assert experiment.git("status", "--porcelain") == ""
    assert not [path for path in experiment.git("ls-files").splitlines() if path.endswith(".npz")]


def test_a_comment_reruns_nothing(experiment: Experiment) -> None:
    """Nor does another order of keys, nor what Python keeps beside the code that is a dep."""
    path = experiment.folder / "params.yaml"
    path.write_text(yaml.safe_dump(experiment.read(), sort_keys=True) + "# a comment\n")
    for room in ("core", "training", "reporting/tables"):
        compiled = experiment.folder / "src/dscnn" / room / "__pycache__/x.cpython-311.pyc"
        compiled.parent.mkdir(exist_ok=True)
        compiled.write_text(room)
    assert experiment.repro() == []


def test_a_new_clone_trains_again_and_changes_nothing(real: Experiment, tmp_path: Path) -> None:
    """Without data, models and cache: the same weights are made, so times, tables and lock file stay as committed."""
    real.git("clone", "--quiet", str(real.folder), str(tmp_path / "clone"))
    clone = Experiment(tmp_path / "clone")
    (clone.folder / ".venv").symlink_to(Path(sys.prefix))
    fits = clone.dvc("repro", "--dry", "--allow-missing")
    assert "Data and pipelines are up to date" in fits.stdout, "what .ci/run asks"
    ran = clone.repro()
    # machine finds what it found, so what was timed there stands
    assert ran == [
        "params",
        "fetch@stripes",
        "prepare@stripes",
        "machine",
        *arms("Regular", 1)[:1],
        *arms("Separable", 1)[:1],
    ]
    assert clone.git("status", "--porcelain") == ""
    assert clone.repro() == []
    weights = "models/stripes/0.5/Regular/1.npz"
    assert (clone.folder / weights).read_bytes() == (real.folder / weights).read_bytes()


def test_a_fourth_architecture_runs_alone_and_its_removal_trains_nothing(experiment: Experiment) -> None:
    """One line in, its arms run; one line out, only the tables change; back in, the run cache has it."""
    experiment.edit(lambda source: source["architectures"].update(ConvLast=["separable", "conv"]))
    first = experiment.repro()
    assert set(first) == {"params", "cost@stripes-0.5-ConvLast", BENCHMARK, *arms("ConvLast", 1), "compare", "report"}
    assert list(experiment.summary()["stripes"]["0.5"]) == ["Regular", "Separable", "ConvLast"]
    assert "ConvLast" in (experiment.folder / "metrics/report.md").read_text()
    with_four = experiment.files()

    experiment.edit(lambda source: source["architectures"].pop("ConvLast"))
    assert set(experiment.repro()) <= {BENCHMARK, "compare", "report"}
    assert list(experiment.summary()["stripes"]["0.5"]) == ["Regular", "Separable"]
    assert "ConvLast" not in (experiment.folder / "metrics/report.md").read_text()

    experiment.edit(lambda source: source["architectures"].update(ConvLast=["separable", "conv"]))
    assert not trained(experiment.repro())
    assert untimed(experiment.files()) == untimed(with_four)


def test_an_architectures_kinds_rerun_its_arms(experiment: Experiment) -> None:
    """The other arms, fetch and prepare stay; the kinds put back train nothing."""
    before = experiment.files()
    experiment.edit(lambda source: source["architectures"].update(Separable=["conv", "separable"]))
    assert set(experiment.repro()) == {
        "params",
        "cost@stripes-0.5-Separable",
        BENCHMARK,
        *arms("Separable", 1),
        "compare",
        "report",
    }
    experiment.edit(lambda source: source["architectures"].update(Separable=["separable", "separable"]))
    assert not trained(experiment.repro())
    assert untimed(experiment.files()) == untimed(before)


def test_one_more_seed_runs_the_new_arms(experiment: Experiment) -> None:
    """Costs have no seed."""
    experiment.edit(lambda source: source["seeds"].append(2))
    new = [*arms("Regular", 2), *arms("Separable", 2)]
    assert set(experiment.repro()) == {"params", *new, "compare", "report"}


def test_one_more_width_runs_the_new_arms(experiment: Experiment) -> None:
    """With their costs; a whole number keeps its spelling in the paths."""
    experiment.edit(lambda source: source["widths"].append(1))
    new = [*arms("Regular", 1, width="1"), *arms("Separable", 1, width="1")]
    costs = ["cost@stripes-1-Regular", "cost@stripes-1-Separable"]
    assert set(experiment.repro()) == {"params", "benchmark@stripes-1", *costs, *new, "compare", "report"}
    assert list(experiment.summary()["stripes"]) == ["0.5", "1"]


def test_the_learning_rate_trains_all_arms_and_prepares_nothing(experiment: Experiment) -> None:
    """On a branch, compared with main in one screen; put back, nothing is trained."""
    before = experiment.files()
    experiment.git("checkout", "--quiet", "-b", "faster")
    experiment.edit(lambda source: source["train"].update(learning_rate=0.05))
    assert set(experiment.repro()) == {"params", *arms("Regular", 1), *arms("Separable", 1), "compare", "report"}
    experiment.git("add", "--all")
    experiment.git("commit", "--quiet", "--message", "faster")
    diff = experiment.dvc("metrics", "diff", "main", "--md")
    assert diff.returncode == 0, diff.stderr
    rows = diff.stdout.splitlines()
    assert 2 < len(rows) < 24
    assert any("stripes.0.5.Regular.loss" in row for row in rows)
    assert not any("macs" in row for row in rows), "costs are the same on both branches"
    plots = experiment.dvc("plots", "diff", "main", "--out", "shown")
    assert plots.returncode == 0, plots.stderr
    page = (experiment.folder / "shown/index.html").read_text()
    assert '"rev": "main"' in page
    assert '"rev": "workspace"' in page

    experiment.edit(lambda source: source["train"].update(learning_rate=0.01))
    assert not trained(experiment.repro())
    assert tables(experiment.files()) == tables(before)


def test_a_mirror_fetches_nothing_again(experiment: Experiment) -> None:
    """What is there has the right checksum, wherever it came from."""
    experiment.edit(lambda source: source["stripes"]["addresses"].insert(0, "/a/mirror"), "datasets.yaml")
    assert experiment.repro() == ["params"]


def test_an_edit_on_a_branch_leaves_nothing_on_main(experiment: Experiment) -> None:
    """A fourth architecture, committed on a branch: back on main, nothing runs and Git sees no change."""
    experiment.git("checkout", "--quiet", "-b", "fourth")
    experiment.edit(lambda source: source["architectures"].update(ConvLast=["separable", "conv"]))
    experiment.repro()
    experiment.git("add", "--all")
    experiment.git("commit", "--quiet", "--message", "fourth")
    experiment.git("checkout", "--quiet", "main")
    assert not trained(experiment.repro())
    assert experiment.git("status", "--porcelain") == ""


def test_a_figure_reruns_the_report(experiment: Experiment) -> None:
    """Or a table, or a sentence: all in one package, on which nothing before depends."""
    with (experiment.folder / "src/dscnn/stages/report.py").open("a") as file:
        file.write("# changed\n")
    assert experiment.repro() == ["report"]


def test_a_new_check_of_params_yaml_is_done_and_reruns_nothing_else(experiment: Experiment) -> None:
    """It holds no value, so only the first stage depends on it."""
    with (experiment.folder / "src/dscnn/experiment/params.py").open("a") as file:
        file.write("# changed\n")
    assert experiment.repro() == ["params"]


def own(experiment: Experiment) -> Path:
    """Make the experiment one of images in a folder; return the folder."""
    folder = experiment.folder / "photos"
    entry = tiny.own_images(folder)
    experiment.edit(lambda source: source.update(own=entry), "datasets.yaml")

    def change(source: dict[str, Any]) -> None:
        source |= {"datasets": ["own"], "folders": {"own": "photos"}}
        source["architectures"].pop("Regular")

    experiment.edit(change)
    return folder


def test_images_of_ones_own_rerun_what_they_change(experiment: Experiment) -> None:
    """The same pixels as IDX give the same arrays; an image changed is seen, a file that does not count is not."""
    folder = own(experiment)
    name = "own-0.5-Separable"
    after = ["prepare@own", *(f"{stage}@{name}-1" for stage in ("train", "logbook", "evaluate")), "compare", "report"]
    assert set(experiment.repro()) == {"params", "fetch@own", "pack@own", f"cost@{name}", "benchmark@own-0.5", *after}
    assert experiment.repro() == []
    assert "3 classes: low, middle, high." in (experiment.folder / "metrics/report.md").read_text()

    (folder / "train/low/.hidden").write_text("x")
    assert experiment.repro() == ["pack@own"]

    image = folder / "train/low/000.png"
    image.write_bytes((folder / "train/low/003.png").read_bytes())
    assert set(experiment.repro()) == {"pack@own", *after}
    facts = json.loads((experiment.folder / "metrics/prepare/own.json").read_text())["splits"]
    assert facts["train"]["repeated"] + facts["validation"]["repeated"] <= 1

    image.write_text("no image")
    (folder / "test/high/x.jpg").write_text("nor this")
    done = experiment.dvc("repro")
    assert done.returncode != 0
    assert "2 of its files cannot be used" in done.stderr
    assert "test/high/x.jpg" in done.stderr
    assert "train/low/000.png" in done.stderr


def test_an_archive_of_images_needs_no_folder(experiment: Experiment) -> None:
    """It is fetched and verified as any other file."""
    folder = own(experiment)
    path = Path(shutil.make_archive(str(experiment.folder / "photos"), "gztar", folder))
    file = {"name": path.name, "bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}

    archive = {"addresses": ["."], "files": {"archive": file}}
    experiment.edit(lambda source: source["own"].update(archive), "datasets.yaml")
    experiment.edit(lambda source: source.update(folders={}))
    assert "pack@own" not in experiment.repro()
    assert (experiment.folder / "data/prepared/own/train.npz").exists()


def test_bad_parameters_stop_a_plain_repro_before_anything(experiment: Experiment) -> None:
    """One clear line an error, and no other file of the pipeline is touched; put right, nothing runs again."""
    good, before = experiment.read(), experiment.files()
    experiment.edit(lambda source: source["train"].update(epoch=3))
    experiment.edit(lambda source: source.update(widths=[0.001]))
    done = experiment.dvc("repro")
    assert done.returncode != 0
    assert "train: unknown key 'epoch'; did you mean epochs?" in done.stderr
    assert re.findall(r"^Running stage '(.+)':$", done.stdout, re.MULTILINE) == ["params"]
    after = experiment.files()
    assert before.pop("data/params.ok")
    assert after == before
    tiny.write_yaml(experiment.folder / "params.yaml", good)
    assert experiment.repro() == []


TRAINING = "train@stripes-0.5-Separable-1"


def interrupted(real: Experiment) -> None:
    """Run `dvc repro` of one longer arm and kill -9 its training once it has kept a state."""

    def change(source: dict[str, Any]) -> None:
        source["architectures"].pop("Regular")
        source["train"]["epochs"] = 40

    real.edit(change)
    command = [str(DVC), "repro", TRAINING]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=real.folder, env=ENVIRONMENT, stdout=quiet, stderr=quiet) as repro:
        while not list((real.folder / ".state/training").rglob("*.npz")):
            assert repro.poll() is None
            time.sleep(0.05)
        (training,) = [
            process
            for process in psutil.Process(repro.pid).children(recursive=True)
            if process.cmdline()[1:3] == ["-m", "dscnn.stages.train"]
        ]
        training.kill()
    assert repro.returncode != 0


def test_a_killed_training_goes_on_and_ends_as_if_it_never_was(real: Experiment) -> None:
    """`kill -9`, then `dvc repro`: the same bytes of everything that does not tell the time."""
    interrupted(real)
    done = real.dvc("repro", TRAINING)
    assert done.returncode == 0, done.stderr
    assert re.search(r"resumes after epoch \d+, from \.state/training/stripes-0\.5-Separable-1/", done.stdout)
    assert not list((real.folder / ".state/training").rglob("*.npz"))
    models = real.folder / "models/stripes/0.5/Separable"
    resumed = {path.name: path.read_bytes() for path in models.iterdir()}
    again = real.dvc("repro", "--force", "--single-item", TRAINING)
    assert again.returncode == 0, again.stderr
    assert "resumes" not in again.stdout
    assert {path.name: path.read_bytes() for path in models.iterdir()} == resumed


def other_images(real: Experiment) -> None:
    real.edit(lambda source: source.update(validation_seed=1))


def other_code(real: Experiment) -> None:
    with (real.folder / "src/dscnn/networks/fused.py").open("a") as file:
        file.write("# changed\n")


@pytest.mark.parametrize("edit", [other_images, other_code])
def test_a_changed_experiment_never_goes_on_from_an_old_state(
    real: Experiment, edit: Callable[[Experiment], None]
) -> None:
    """The data or a line of code: said, and trained from the start; parameters are tested in training/test_fit.py."""
    interrupted(real)
    edit(real)
    done = real.dvc("repro", TRAINING)
    assert done.returncode == 0, done.stderr
    assert "is of other parameters, data, code or software: ignored, training starts from the beginning" in done.stdout
    assert "resumes" not in done.stdout
    assert "epoch 1/40" in done.stdout
    assert not (real.folder / ".state/training/stripes-0.5-Separable-1").exists()
