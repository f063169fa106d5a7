import csv
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dscnn.core import device, files, paths
from dscnn.experiment import params
from dscnn.networks.build import build
from dscnn.stages import fetch, prepare, train
from tiny import PROJECT, ran

ARM = paths.Arm("stripes", "0.5", "Separable", "1")


def prepared(folder: Path, source: dict[str, Any], **changed: object) -> None:
    """Write the tiny experiment, with `changed` values of train, recipe or network, and prepare its images."""
    for key, value in changed.items():
        source[next(part for part in ("train", "recipe", "network") if key in source[part])][key] = value
    (folder / "params.yaml").write_text(yaml.safe_dump(source, sort_keys=False))
    fetch.main("stripes")
    prepare.main("stripes")


def history() -> list[dict[str, str]]:
    return list(csv.DictReader(ARM.trained_history.read_text().splitlines()))


def test_the_network_learns(folder: Path, source: dict[str, Any]) -> None:
    """Stripes at three heights are told apart after a few epochs; at first they are not."""
    prepared(folder, source, epochs=25)
    assert ran("train", *ARM).returncode == 0
    rows = history()
    assert [row["epoch"] for row in rows] == [str(number) for number in range(1, 26)]
    assert float(rows[0]["loss"]) > 2 * float(rows[-1]["loss"])
    assert float(rows[-1]["val_accuracy"]) > 0.9
    assert {row["learning_rate"] for row in rows} == {"0.01"}


def test_a_loss_that_is_not_a_number_is_a_problem(folder: Path, source: dict[str, Any]) -> None:
    """With the epoch, the step and the setting to change; no output is written."""
    prepared(folder, source, epochs=3, learning_rate=1e30)
    done = ran("train", *ARM)
    assert done.returncode == 1
    assert re.search(
        r"the loss is not a number in epoch 1, step \d: lower train\.learning_rate \(1e\+30\)", done.stderr
    )
    assert "precision float32 (now float32)" in done.stderr
    assert not ARM.weights.exists()


def test_the_best_epoch_is_the_first_of_the_best() -> None:
    """By validation accuracy; the last epoch's figures stand beside it, and which weights are kept."""
    accuracies = [0.5, 0.8, 0.7, 0.8, 0.6]
    rows = [{"epoch": i + 1, "loss": 1.0, "val_accuracy": value} for i, value in enumerate(accuracies)]
    summary = train.summarise(rows, "last")
    assert (summary["epochs"], summary["best_epoch"], summary["best_val_accuracy"]) == (5, 2, 0.8)
    assert summary["last"] == {"loss": 1.0, "val_accuracy": 0.6}
    assert [train.summarise(rows, keep)["kept_epoch"] for keep in ("last", "best")] == [5, 2]


MODERN = {
    "epochs": 6, "optimizer": "adamw", "keep": "best", "schedule": "one_cycle", "warmup": 0.25, "weight_decay": 0.05,
    "label_smoothing": 0.1, "clip_norm": 5.0, "average": 0.9, "shift": 1, "flip": True, "cutout": 2,
    "early_stopping": 5,
}  # fmt: skip


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_a_training_killed_again_and_again_ends_in_the_same_bytes(
    folder: Path, source: dict[str, Any], precision: str
) -> None:
    """With everything a recipe can have: after each of three epochs the process is killed, and a new one goes on."""
    prepared(folder, source, precision=precision, **MODERN)
    assert ran("train", *ARM).returncode == 0
    expected = outputs()
    assert not ARM.state.exists(), "an arm that is done leaves no state"
    for path in (ARM.weights, ARM.trained_history, ARM.trained_result):
        path.unlink()
    command = [sys.executable, "-m", "dscnn.stages.train", *ARM]
    environment = os.environ | {"PYTHONPATH": str(PROJECT / "src")}
    for killed in range(3):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if f"epoch {killed + 2}/6" in line:
                    process.kill()
                    break
    done = ran("train", *ARM)
    assert re.match(r"goes on after epoch [345], from \.state/training/stripes-0\.5-Separable-1/", done.stdout)
    assert outputs() == expected
    reading = json.loads(paths.measured_time(files.sha256(ARM.trained_result)).read_text())
    assert reading["starts"] == 4
    assert len(reading["epoch_seconds"]) == 6


def test_a_training_asked_to_stop_says_where_it_goes_on(folder: Path, source: dict[str, Any]) -> None:
    """SIGTERM: one line, status 1; the next process goes on, and a second one beside it is turned away."""
    prepared(folder, source, epochs=4000)
    command = [sys.executable, "-m", "dscnn.stages.train", *ARM]
    environment = os.environ | {"PYTHONPATH": str(PROJECT / "src")}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        second = ran("train", *ARM)
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        said = process.stderr.read()
    assert second.returncode == 1
    assert "another process is training this arm" in second.stderr
    assert process.returncode == 1
    assert re.fullmatch(r"stopped by SIGTERM in epoch \d+; the next 'dvc repro' goes on after epoch \d+\n", said)
    assert len(list(ARM.state.glob("*.npz"))) == 1


def test_early_stopping_ends_a_training(folder: Path, source: dict[str, Any]) -> None:
    """A learning rate that makes it worse: two epochs after the best one."""
    prepared(folder, source, epochs=30, early_stopping=2, learning_rate=0.3)
    assert ran("train", *ARM).returncode == 0
    losses = [float(row["val_loss"]) for row in history()]
    assert len(losses) < 30
    assert losses.index(min(losses)) == len(losses) - 3


OTHER = {
    "epochs": 2, "batch_size": 15, "optimizer": "sgd", "learning_rate": 0.02, "keep": "best", "early_stopping": 1,
    "precision": "mixed_bfloat16", "threads": 2, "data_format": "channels_first", "schedule": "cosine", "warmup": 0.5,
    "weight_decay": 0.1, "label_smoothing": 0.1, "clip_norm": 1.0, "average": 0.5, "shift": 1, "flip": True,
    "cutout": 1, "filters": [8, 8, 4], "kernel": 5, "conv_dropout": 0.2, "block_dropout": 0.2, "norm_momentum": 0.6,
    "dense": [4], "dense_dropout": 0.2,
}  # fmt: skip


def test_every_parameter_that_train_tracks_decides(folder: Path, source: dict[str, Any]) -> None:
    """Another value of any of them is another state, but the device's name, whose kind of device is recorded."""
    prepared(folder, source)
    tracked = yaml.safe_load((PROJECT / "dvc.yaml").read_text())["stages"]["train"]["params"]
    names = {key.removeprefix("train.") for key in tracked if key.startswith("train.")} - {"device"}
    names |= set(source["network"]) | set(source["recipe"])
    assert names == set(OTHER)
    first = train.decides(params.load(), ARM)
    assert first["processor_flags"] == device.cpuinfo("flags")
    for name, value in OTHER.items():
        part = next(part for part in ("train", "recipe", "network") if name in source[part])
        changed = params.load().model_copy(update={part: getattr(params.load(), part).model_copy(update={name: value})})
        assert train.decides(changed, ARM) != first, name


def outputs() -> list[bytes]:
    return [path.read_bytes() for path in (ARM.weights, ARM.trained_history, ARM.trained_result)]


def test_an_arm_ends_in_the_same_bytes_each_time(folder: Path) -> None:
    """Two processes; every output but the clock's reading, which has its own place."""
    fetch.main("stripes")
    prepare.main("stripes")
    first = ran("train", *ARM)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith("Separable x0.5 seed 1 epoch 1/1: loss ")
    before = outputs()
    assert ran("train", *ARM).returncode == 0
    assert outputs() == before

    rows = history()
    assert list(rows[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    result = json.loads(ARM.trained_result.read_text())
    assert {name: result[name] for name in ARM._fields} == ARM._asdict()
    assert result["train_images"] == 48
    assert result["weights_sha256"] == files.sha256(ARM.weights)
    assert result["last"]["val_loss"] == float(rows[-1]["val_loss"])
    reading = json.loads(paths.measured_time(files.sha256(ARM.trained_result)).read_text())
    assert reading["train_seconds"] > 0

    with np.load(ARM.weights) as weights:
        settings = params.load()
        model = build(settings.network, settings.architectures["Separable"], 0.5, (8, 8, 1), 3, 1)
        assert set(weights) == {variable.path for variable in model.weights}
        trained = [name for name in weights if "kernel" in name]
        start = {variable.path: variable.numpy() for variable in model.weights}
        assert all((weights[name] != start[name]).any() for name in trained)


@pytest.mark.parametrize(
    ("data_format", "precision"), [("channels_first", "mixed_bfloat16"), ("channels_last", "mixed_float16")]
)
def test_other_layouts_and_precisions_train_and_score(
    folder: Path, source: dict[str, Any], data_format: str, precision: str
) -> None:
    """From the same prepared images; float16 with its loss scaled."""
    prepared(folder, source, data_format=data_format, precision=precision, average=0.5, clip_norm=1.0)
    for stage in ("train", "evaluate"):
        done = ran(stage, *ARM)
        assert (done.returncode, done.stderr) == (0, "")
    environment = json.loads(ARM.trained_result.read_text())["environment"]
    assert (environment["data_format"], environment["precision"]) == (data_format, precision)
    assert json.loads(ARM.score.read_text())["n"] == 30


def test_a_training_of_one_step_is_a_problem(folder: Path, source: dict[str, Any]) -> None:
    """The first step is not timed, so nothing would be: said before it is taken."""
    source["train"]["batch_size"] = 100
    (folder / "params.yaml").write_text(yaml.safe_dump(source))
    fetch.main("stripes")
    prepare.main("stripes")
    done = ran("train", *ARM)
    assert done.returncode == 1
    assert "train.batch_size 100 makes one step of the 48 training images" in done.stderr
    assert not ARM.weights.exists()
