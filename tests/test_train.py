import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from conftest import ran, synthetic
from dscnn import fetch, files, layout, networks, params, prepare, train
from dscnn.batches import Batches
from dscnn.device import keras
from dscnn.labelled import Labelled
from dscnn.stage import Problem

ARM = layout.Arm("stripes", "0.5", "Separable", "1")


def stripes(count: int, seed: int) -> Labelled:
    images, labels = synthetic(count, seed)
    return Labelled(images[..., None], labels)


class Begun(keras.callbacks.Callback):
    """Counts the epochs that begin."""

    epochs = 0

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self.epochs += 1


def fitted(settings: params.Params, *callbacks: keras.callbacks.Callback, **changed: object) -> list[dict[str, float]]:
    model = networks.build(settings.network, ("conv", "separable"), 1, (8, 8, 1), 3, seed=1)
    how = settings.train.model_copy(update=changed)
    batches = Batches(stripes(96, 1), 3, how.batch_size, seed=1)
    return train.fit(model, batches, Batches(stripes(30, 2), 3, how.batch_size), how, callbacks)


def test_the_network_learns(settings: params.Params) -> None:
    """Stripes at three heights are told apart after a few epochs; at first they are not."""
    history = fitted(settings, epochs=12)
    assert [row["epoch"] for row in history] == list(range(1, 13))
    assert history[0]["loss"] > 2 * history[-1]["loss"]
    assert history[-1]["val_accuracy"] > 0.9
    assert {row["learning_rate"] for row in history} == {0.01}


def test_a_loss_that_is_not_a_number_is_a_problem(settings: params.Params) -> None:
    """With the epoch and the setting to change, and without training on."""
    begun = Begun()
    with pytest.raises(Problem, match=r"not a number in epoch 1: lower train\.learning_rate \(1e\+30\)"):
        fitted(settings, begun, epochs=3, learning_rate=1e30)
    assert begun.epochs == 1


def test_the_best_epoch_is_the_first_of_the_best() -> None:
    """By validation accuracy; the last epoch's figures stand beside it."""
    accuracies = [0.5, 0.8, 0.7, 0.8, 0.6]
    history = [{"epoch": i + 1, "loss": 1.0, "val_accuracy": value} for i, value in enumerate(accuracies)]
    summary = train.summarise(history)
    assert (summary["epochs"], summary["best_epoch"], summary["best_val_accuracy"]) == (5, 2, 0.8)
    assert summary["last"] == {"loss": 1.0, "val_accuracy": 0.6}


def test_the_clock_counts_each_second_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two epochs of two steps: the first step apart, validation apart, by a clock of our own."""
    ticks = iter([0.0, 5.0, 7.0, 8.0, 10.0, 13.0, 14.0])
    monkeypatch.setattr(train.time, "perf_counter", lambda: next(ticks))
    clock = train.Clock()
    for epoch in (0, 1):
        clock.on_epoch_begin(epoch)
        clock.on_train_batch_end(0)
        clock.on_train_batch_end(1)
        clock.on_test_begin()
        clock.on_epoch_end(epoch)
    reading = clock.reading(images=48, batch_size=16)
    assert reading["first_step_seconds"] == 5
    assert reading["epoch_seconds"] == [2, 3]
    assert reading["train_seconds"] == 5
    assert reading["validation_seconds"] == 2
    assert reading["images_per_second"] == (2 * 48 - 16) / 5


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

    rows = list(csv.DictReader(ARM.trained_history.read_text().splitlines()))
    assert list(rows[0]) == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    result = json.loads(ARM.trained_result.read_text())
    assert {name: result[name] for name in ARM._fields} == ARM._asdict()
    assert result["train_images"] == 48
    assert result["weights_sha256"] == files.sha256(ARM.weights)
    assert result["last"]["val_loss"] == float(rows[-1]["val_loss"])
    reading = json.loads(layout.measured_time(files.sha256(ARM.trained_result)).read_text())
    assert reading["train_seconds"] > 0

    with np.load(ARM.weights) as weights:
        settings = params.load()
        model = networks.build(settings.network, settings.architectures["Separable"], 0.5, (8, 8, 1), 3, 1)
        assert set(weights) == {variable.path for variable in model.weights}
        trained = [name for name in weights if "kernel" in name]
        start = {variable.path: variable.numpy() for variable in model.weights}
        assert all((weights[name] != start[name]).any() for name in trained)


def test_other_layouts_and_precisions_train_and_score(folder: Path, source: dict[str, Any]) -> None:
    """Channels first in bfloat16, from the same prepared images."""
    source["train"] |= {"data_format": "channels_first", "precision": "mixed_bfloat16"}
    (folder / "params.yaml").write_text(yaml.safe_dump(source))
    fetch.main("stripes")
    prepare.main("stripes")
    for stage in ("train", "evaluate"):
        done = ran(stage, *ARM)
        assert (done.returncode, done.stderr) == (0, "")
    environment = json.loads(ARM.trained_result.read_text())["environment"]
    assert (environment["data_format"], environment["precision"]) == ("channels_first", "mixed_bfloat16")
    assert json.loads(ARM.score.read_text())["n"] == 30


def test_a_training_of_one_step_is_a_problem(folder: Path, source: dict[str, Any]) -> None:
    """The first step is not timed, so nothing would be: said before it is taken."""
    source["train"]["batch_size"] = 100
    (folder / "params.yaml").write_text(yaml.safe_dump(source))
    fetch.main("stripes")
    prepare.main("stripes")
    done = ran("train", *ARM)
    assert done.returncode == 1
    assert "train.epochs 1 and train.batch_size 100 make one step of the 48 training images" in done.stderr
    assert not ARM.weights.exists()
