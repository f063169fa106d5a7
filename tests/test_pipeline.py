"""The whole pipeline by real DVC: what each edit reruns, and what bad parameters do not touch."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import tiny
from pipeline import DVC, ENVIRONMENT, Experiment, ran, trained, with_python
from processes import HOLDING, below, halted, until

BENCHMARK = "benchmark@stripes-0.5"
BREAKEVEN = "breakeven@stripes"
LATENCY = "latency@stripes-0.5"
TIMED = {BENCHMARK, BREAKEVEN, LATENCY, "probes@stripes-0.5"}  # by all architectures


END = {"manifest", "compare", "report"}


def arms(architecture: str, *seeds: int, width: str = "0.5") -> list[str]:
    """Return the stages of arms; the network of seed 1, the first, is converted too."""
    names = [f"stripes-{width}-{architecture}-{seed}" for seed in seeds]
    stages = [f"{stage}@{name}" for stage in ("train", "evaluate") for name in names]
    return stages + [f"deploy@{name}" for name in names if name.endswith("-1")]


def tables(files: dict[str, str]) -> dict[str, str]:
    """Return `files` without figures and page, whose drawings the stand-in of stage report leaves out."""
    return {path: digest for path, digest in files.items() if not re.match(r"plots/(?!samples_).*\.(png|html)", path)}


def test_the_first_run_makes_everything_and_the_second_nothing(experiment: Experiment) -> None:
    """Every promised file; Git sees no change after a second run, and keeps what people read alone."""
    assert {
        "models/stripes/0.5/Regular/1.npz",
        "metrics/cost/stripes/0.5/Separable.json",
        "metrics/train/stripes/0.5/Separable/1/history.csv",
        "metrics/train/stripes/0.5/Separable/1/timing.json",
        "metrics/evaluate/stripes/0.5/Separable/1.json",
        "metrics/deploy/stripes/0.5/Separable/1.json",
        "metrics/compare/stripes/0.5/Separable.json",
        "metrics/report.md",
        "plots/report.html",
        "plots/samples_stripes.png",
        "plots/val_loss.png",
    } <= set(experiment.files())
    assert experiment.repro() == []
    assert experiment.git("status", "--porcelain") == ""
    kept = experiment.git("ls-files", "data", "metrics", "models").splitlines()
    assert [path for path in kept if not path.endswith(".gitignore")] == [
        "metrics/compare/stripes/0.5/Regular.json",
        "metrics/compare/stripes/0.5/Separable.json",
        "metrics/report.md",
    ]


def test_a_comment_reruns_nothing(experiment: Experiment) -> None:
    """Nor does another order of sections, nor what Python keeps beside the code that is a dep."""
    path = experiment.folder / "params.yaml"
    path.write_text(yaml.safe_dump(experiment.read(), sort_keys=True) + "# a comment\n")
    for room in ("core", "training", "reporting/tables"):
        compiled = experiment.folder / "src/dscnn" / room / "__pycache__/x.cpython-311.pyc"
        compiled.parent.mkdir(exist_ok=True)
        compiled.write_text(room)
    assert experiment.repro() == []


def test_a_new_clone_makes_the_same_weights(real: Experiment, tmp_path: Path) -> None:
    """Without the cache all runs again; what a training computes has the same bytes, what the clock said has not."""
    real.git("clone", "--quiet", str(real.folder), str(tmp_path / "clone"))
    clone = Experiment(tmp_path / "clone")
    (clone.folder / ".venv").symlink_to(Path(sys.prefix))
    fits = clone.dvc("repro", "--dry", "--allow-missing")
    assert "Data and pipelines are up to date" in fits.stdout, "what .ci/run asks"
    training = "train@stripes-0.5-Separable-1"
    done = clone.dvc("repro", training)
    assert trained(ran(done.stdout)) == [training], done.stderr
    before, after = real.files(), clone.files()
    made = [path for path in after if "/Separable/1" in path]
    assert len(made) == 4
    assert [path for path in made if after[path] != before[path]] == [
        "metrics/train/stripes/0.5/Separable/1/timing.json"
    ]


def test_another_training_of_an_arm_differs_in_its_time_alone(real: Experiment) -> None:
    """`dvc metrics diff` shows what the clock said now and before; the weights are the same."""
    before = real.files()
    again = real.dvc("repro", "--force", "--single-item", "train@stripes-0.5-Separable-1")
    assert again.returncode == 0, again.stderr
    assert set(real.repro()) == END
    after = real.files()
    changed = {path for path in after if after[path] != before[path]}
    assert "models/stripes/0.5/Separable/1.npz" not in changed
    assert {path for path in changed if path.startswith(("metrics/train", "metrics/evaluate", "metrics/deploy"))} == {
        "metrics/train/stripes/0.5/Separable/1/timing.json"
    }
    rows = json.loads(real.dvc("metrics", "diff", "--json").stdout)
    assert list(rows) == ["metrics/compare/stripes/0.5/Separable.json"]
    assert set(rows["metrics/compare/stripes/0.5/Separable.json"]) == {"train_seconds"}


def test_a_fourth_architecture_runs_alone_and_its_removal_trains_nothing(experiment: Experiment) -> None:
    """One line in, its arms run; one line out, only the tables change; back in, only they do again."""
    experiment.edit(lambda source: source["architectures"].update(ConvLast=["separable", "conv"]))
    first = experiment.repro()
    assert set(first) == {"params", "cost@stripes-0.5-ConvLast", *TIMED, *arms("ConvLast", 1), *END}
    assert list(experiment.summary()) == [f"stripes/0.5/{name}" for name in ("ConvLast", "Regular", "Separable")]
    assert "ConvLast" in (experiment.folder / "metrics/report.md").read_text()
    with_four = experiment.files()

    experiment.edit(lambda source: source["architectures"].pop("ConvLast"))
    assert set(experiment.repro()) == END
    assert list(experiment.summary()) == ["stripes/0.5/Regular", "stripes/0.5/Separable"]
    assert "ConvLast" not in (experiment.folder / "metrics/report.md").read_text()

    experiment.edit(lambda source: source["architectures"].update(ConvLast=["separable", "conv"]))
    assert set(experiment.repro()) == END - {"manifest"}
    assert tables(experiment.files()) == tables(with_four)


def test_a_file_of_nobody_changes_nothing(experiment: Experiment) -> None:
    """The manifest is looked through; the tables, and what follows, are made of the experiment's files alone."""
    for name in ("prepare/toy.json", "evaluate/stripes/0.5/Toy/1.json"):
        path = experiment.folder / "metrics" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    assert experiment.repro() == ["manifest"]
    assert experiment.git("status", "--porcelain").splitlines() == [" M dvc.lock"]


def test_another_first_architecture_compares_again_and_trains_nothing(experiment: Experiment) -> None:
    """All are compared with the first, wherever DVC takes an order of keys for nothing."""

    def turn(source: dict[str, Any]) -> None:
        source["architectures"] = dict(reversed(source["architectures"].items()))

    experiment.edit(turn)
    assert set(experiment.repro()) == END
    (first, *_) = (experiment.folder / "plots/networks.csv").read_text().splitlines()[1:]
    assert first.startswith("stripes,0.5,Separable,")
    assert "Regular instead of Separable" in (experiment.folder / "metrics/report.md").read_text()


def test_an_architectures_kinds_rerun_its_arms(experiment: Experiment) -> None:
    """The other arms, fetch and prepare stay; the kinds put back train nothing."""
    before = experiment.files()
    experiment.edit(lambda source: source["architectures"].update(Separable=["conv", "separable"]))
    assert set(experiment.repro()) == {
        "params", "cost@stripes-0.5-Separable", *TIMED, *arms("Separable", 1), *END
    }  # fmt: skip
    experiment.edit(lambda source: source["architectures"].update(Separable=["separable", "separable"]))
    assert set(experiment.repro()) == END - {"manifest"}
    assert tables(experiment.files()) == tables(before)


def test_one_more_seed_runs_the_new_arms(experiment: Experiment) -> None:
    """Costs have no seed."""
    experiment.edit(lambda source: source["seeds"].append(2))
    new = [*arms("Regular", 2), *arms("Separable", 2)]
    assert set(experiment.repro()) == {"params", *new, *END}


def test_one_more_width_runs_the_new_arms(experiment: Experiment) -> None:
    """With their costs; a whole number keeps its spelling in the paths."""
    experiment.edit(lambda source: source["widths"].append(1))
    new = [*arms("Regular", 1, width="1"), *arms("Separable", 1, width="1")]
    costs = ["cost@stripes-1-Regular", "cost@stripes-1-Separable"]
    timed = [f"{stage}@stripes-1" for stage in ("benchmark", "latency", "probes")]
    assert set(experiment.repro()) == {"params", *timed, *costs, *new, *END}
    assert {name.split("/")[1] for name in experiment.summary()} == {"0.5", "1"}


def test_the_learning_rate_trains_all_arms_and_prepares_nothing(experiment: Experiment) -> None:
    """On a branch, compared with main in one screen; put back, nothing is trained."""
    before = experiment.files()
    experiment.git("checkout", "--quiet", "-b", "faster")
    experiment.edit(lambda source: source["train"].update(learning_rate=0.05))
    assert set(experiment.repro()) == {"params", *arms("Regular", 1), *arms("Separable", 1), *END}
    experiment.git("add", "--all")
    experiment.git("commit", "--quiet", "--message", "faster")
    diff = experiment.dvc("metrics", "diff", "main", "--md")
    assert diff.returncode == 0, diff.stderr
    rows = diff.stdout.splitlines()
    assert 2 < len(rows) < 24
    assert any("compare/stripes/0.5/Regular.json" in row and "loss" in row for row in rows)
    assert not any("macs" in row for row in rows), "costs are the same on both branches"
    plots = experiment.dvc("plots", "diff", "main", "--out", "shown")
    assert plots.returncode == 0, plots.stderr
    page = (experiment.folder / "shown/index.html").read_text()
    assert '"rev": "main"' in page
    assert '"rev": "workspace"' in page

    experiment.edit(lambda source: source["train"].update(learning_rate=0.01))
    assert set(experiment.repro()) == END - {"manifest"}
    assert tables(experiment.files()) == tables(before)


def test_what_break_even_varies_trains_nothing(experiment: Experiment) -> None:
    """Only its own stage runs, and what is made of it; put back, not even that."""
    before = experiment.files()
    experiment.edit(lambda source: source["breakeven"].update(rounds=6))
    assert set(experiment.repro()) == {"params", BREAKEVEN, *END}
    experiment.edit(lambda source: source["breakeven"].update(rounds=5))
    assert set(experiment.repro()) == END - {"manifest"}
    assert tables(experiment.files()) == tables(before)


def test_a_margin_compares_again_and_trains_nothing(experiment: Experiment) -> None:
    """What counts as alike is a matter of words: only the comparison is made anew."""
    before = experiment.files()
    experiment.edit(lambda source: source["comparison"].update(margin=2.5))
    assert set(experiment.repro()) == {"params", *END} - {"manifest"}
    experiment.edit(lambda source: source["comparison"].update(margin=1.0))
    assert set(experiment.repro()) == END - {"manifest"}
    assert tables(experiment.files()) == tables(before)


def test_a_mirror_fetches_nothing_again(experiment: Experiment) -> None:
    """What is there has the right checksum, wherever it came from."""
    experiment.edit(lambda source: source["stripes"]["addresses"].insert(0, "/a/mirror"), "datasets.yaml")
    assert experiment.repro() == ["params"]


def test_an_edit_on_a_branch_leaves_nothing_on_main(experiment: Experiment) -> None:
    """A fourth architecture, committed on a branch: back on main, `dvc checkout` leaves nothing to run or commit."""
    before = experiment.files()
    experiment.git("checkout", "--quiet", "-b", "fourth")
    experiment.edit(lambda source: source["architectures"].update(ConvLast=["separable", "conv"]))
    experiment.repro()
    experiment.commit("fourth")
    experiment.git("checkout", "--quiet", "main")
    assert experiment.dvc("checkout").returncode == 0
    assert experiment.files() == before
    assert experiment.repro() == []
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
    after = ["prepare@own", *(f"{stage}@{name}-1" for stage in ("train", "evaluate", "deploy")), *END]
    assert set(experiment.repro()) == {
        "params", "fetch@own", "pack@own", f"cost@{name}", "benchmark@own-0.5", "probes@own-0.5", "latency@own-0.5",
        "breakeven@own", *after
    }  # fmt: skip
    assert experiment.repro() == []
    assert "3 classes: low, middle, high." in (experiment.folder / "plots/report.html").read_text()

    (folder / "train/low/.hidden").write_text("x")
    assert experiment.repro() == ["pack@own"]

    image = folder / "train/low/000.png"
    image.write_bytes((folder / "train/low/003.png").read_bytes())
    assert set(experiment.repro()) == {"pack@own", *after}
    facts = json.loads((experiment.folder / "metrics/prepare/own.json").read_text())
    repeated = sum(facts["splits"][name]["repeated"] for name in ("train", "validation"))
    assert repeated + facts["shared"]["train and validation"] == 1

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
    shutil.rmtree(folder)
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


@pytest.fixture(scope="module")
def killed(finished: Experiment, tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """The experiment after `dvc repro` of one longer arm, its training killed -9 in its second epoch; tests copy it."""
    real = finished.copied(tmp_path_factory.mktemp("killed") / "project")

    def change(source: dict[str, Any]) -> None:
        source["architectures"].pop("Regular")
        source["train"]["epochs"] = 4

    real.edit(change)
    with_python(real, *HOLDING)
    command = [str(DVC), "repro", TRAINING]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=real.folder, env=ENVIRONMENT, stdout=quiet, stderr=quiet) as repro:
        until(lambda: repro.poll() is not None or bool(below(repro.pid, halted)))
        (training,) = below(repro.pid, halted)
        training.kill()
    assert repro.returncode != 0
    assert list((real.folder / ".state/training").rglob("*.npz"))
    shutil.rmtree(real.folder / ".venv")
    (real.folder / ".venv").symlink_to(sys.prefix)
    return real


@pytest.fixture
def interrupted(killed: Experiment, tmp_path: Path) -> Experiment:
    """A copy of that, to be run again."""
    return killed.copied(tmp_path / "project")


def test_a_killed_training_goes_on_and_ends_as_if_it_never_was(interrupted: Experiment) -> None:
    """`kill -9`, then `dvc repro`: the same bytes of everything that does not tell the time."""
    done = interrupted.dvc("repro", TRAINING)
    assert done.returncode == 0, done.stderr
    assert "resumes after epoch 1, from .state/training/stripes-0.5-Separable-1/" in done.stdout
    assert not list((interrupted.folder / ".state/training").rglob("*.npz"))
    made = ("models/stripes/0.5/Separable/1.npz", *(f"metrics/train/stripes/0.5/Separable/1/{name}"
            for name in ("history.csv", "result.json")))  # fmt: skip
    resumed = {name: (interrupted.folder / name).read_bytes() for name in made}
    again = interrupted.dvc("repro", "--force", "--single-item", TRAINING)
    assert again.returncode == 0, again.stderr
    assert "resumes" not in again.stdout
    assert {name: (interrupted.folder / name).read_bytes() for name in made} == resumed


def other_images(real: Experiment) -> None:
    real.edit(lambda source: source.update(validation_seed=1))


def other_code(real: Experiment) -> None:
    with (real.folder / "src/dscnn/networks/fused.py").open("a") as file:
        file.write("# changed\n")


@pytest.mark.parametrize("edit", [other_images, other_code])
def test_a_changed_experiment_never_goes_on_from_an_old_state(
    interrupted: Experiment, edit: Callable[[Experiment], None]
) -> None:
    """The data or a line of code: said, and trained from the start; parameters are tested in training/test_fit.py."""
    edit(interrupted)
    done = interrupted.dvc("repro", TRAINING)
    assert done.returncode == 0, done.stderr
    assert "is of other parameters, data, code or software: ignored, training starts from the beginning" in done.stdout
    assert "resumes" not in done.stdout
    assert "epoch 1/4:" in done.stdout
    (given_up,) = (interrupted.folder / ".state/training/stripes-0.5-Separable-1").glob("*.npz")
    assert str(given_up.relative_to(interrupted.folder)) in done.stdout
