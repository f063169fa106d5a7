import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import tiny
from dscnn.core import files, paths, processor, splits
from dscnn.core.device import keras
from dscnn.core.splits import Labelled
from dscnn.core.stage import Problem
from dscnn.data.catalogue import Dataset
from dscnn.experiment import params
from dscnn.experiment.params import Params
from dscnn.training import checkpoint
from dscnn.training.fit import Fitted, decides, fit

ARM = paths.Arm("stripes", "0.5", "Separable", "1")
SMALL = {"filters": [8], "dense": []}  # quick to compile


@pytest.fixture(autouse=True)
def _prepared(folder: Path) -> None:
    images, labels = tiny.synthetic(60, seed=1)
    data = Labelled(images[..., None], labels)
    splits.save("stripes", "train", data.take(slice(12, None)))
    splits.save("stripes", "validation", data.take(slice(12)))


def changed(source: dict[str, Any], **values: object) -> Params:
    """Return the tiny experiment with `values` in whichever section has the key."""
    for key, value in values.items():
        source[next(part for part in ("train", "recipe", "network", "compute") if key in source[part])][key] = value
    return params.check(source)


def trained(settings: Params, entry: Dataset) -> Fitted:
    keras.backend.clear_session()  # names as in a new process
    return fit(settings, entry, ARM, checkpoint.path_of(ARM, decides(settings, entry, ARM)), [])


def test_the_network_learns(source: dict[str, Any], entry: Dataset) -> None:
    """Stripes at three heights are told apart after a few epochs; at first they are not."""
    done = trained(changed(source, epochs=25), entry)
    epochs = done.history.epochs
    assert [row["epoch"] for row in epochs] == list(range(1, 26))
    assert epochs[0]["loss"] > 2 * epochs[-1]["loss"]
    assert epochs[-1]["val_accuracy"] > 0.9
    assert {row["learning_rate"] for row in epochs} == {0.01}
    assert done.images == 48


@pytest.mark.parametrize("values", [{"epochs": 1}, {"epochs": 60, "early_stopping": 2, "learning_rate": 0.3}])
def test_a_training_that_has_ended_is_not_resumed(
    source: dict[str, Any], entry: Dataset, values: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    """A process that restores the last epoch, or the one that stopped the training early, has all it left."""
    settings = changed(source, **SMALL, **values)
    first, again = trained(settings, entry), trained(settings, entry)
    if settings.train.early_stopping:
        losses = [row["val_loss"] for row in first.history.epochs]
        assert len(losses) < 60
        assert losses.index(min(losses)) == len(losses) - 3
    assert again.history.epochs == first.history.epochs
    for name, weights in first.history.weights.items():
        np.testing.assert_array_equal(again.history.weights[name], weights)
    states = [{**each.clock.state(), "other_processors": None} for each in (again, first)]  # that goes on until asked
    assert states[0] == states[1]
    *_, last = capsys.readouterr().out.splitlines()
    assert re.match(rf"resumes after epoch {len(first.history.epochs)}, from \.state/training/", last)


def test_the_average_is_kept_and_training_goes_on_with_the_weights(source: dict[str, Any], entry: Dataset) -> None:
    """Both stand in the checkpoint; Keras itself puts the average into the network when training has ended."""
    settings = changed(source, **SMALL, ema_decay=0.9)
    history = trained(settings, entry).history
    state = files.read_arrays(checkpoint.path_of(ARM, decides(settings, entry, ARM)))
    for variable in history.trained.trainable_variables:
        np.testing.assert_array_equal(history.weights[variable.path], variable.numpy())
        np.testing.assert_array_equal(state[f"kept/{variable.path}"], variable.numpy())
        assert (state[f"model/{variable.path}"] != variable.numpy()).any()


def test_a_training_of_one_step_is_a_problem(source: dict[str, Any], entry: Dataset) -> None:
    """The first step is not timed, so nothing would be; this is said before it is taken."""
    with pytest.raises(Problem, match=r"train\.batch_size: 48 makes one step of the 48 training images"):
        trained(changed(source, batch_size=48), entry)


OTHER = {
    "epochs": 2, "batch_size": 15, "optimizer": "sgd", "learning_rate": 0.02, "keep": "best", "early_stopping": 1,
    "precision": "mixed_bfloat16", "threads": 2, "data_format": "channels_first", "schedule": "cosine", "warmup": 0.5,
    "weight_decay": 0.1, "label_smoothing": 0.1, "global_clipnorm": 1.0, "ema_decay": 0.5, "shift": 1, "flip": True,
    "cutout": 1, "filters": (8, 8, 4), "kernel": 5, "conv_dropout": 0.2, "block_dropout": 0.2, "norm_momentum": 0.6,
    "dense": (4,), "dense_dropout": 0.2, "pixel_mean": 0.5, "pixel_std": 0.25,
}  # fmt: skip


def test_every_parameter_that_train_tracks_decides(settings: Params, entry: Dataset) -> None:
    """Another value of any of them is another training, but the device's name, whose kind of device is recorded."""
    tracked = yaml.safe_load((tiny.PROJECT / "dvc.yaml").read_text())["stages"]["train"]["params"]
    sections = {name: getattr(settings, name) for name in ("train", "recipe", "network", "compute")}
    assert [key for key in tracked if isinstance(key, str)][1:] == sorted(sections), "after the architecture"
    assert {key for part in sections.values() for key in dict(part)} - {"device"} == set(OTHER)
    first = decides(settings, entry, ARM)
    assert first["processor_flags"] == processor.flags()
    for name, value in OTHER.items():
        section = next(key for key, part in sections.items() if name in dict(part))
        other = settings.model_copy(update={section: sections[section].model_copy(update={name: value})})
        assert decides(other, entry, ARM) != first, name


def test_the_data_and_the_arm_decide(settings: Params, entry: Dataset) -> None:
    """So does a pixel of the validation images, and what the two convolutions are."""
    first = decides(settings, entry, ARM)
    for other in (ARM._replace(seed="2"), ARM._replace(width="0.25"), ARM._replace(architecture="Regular")):
        assert decides(settings, entry, other) != first
    architectures = settings.architectures | {"Separable": ("separable", "conv")}
    assert decides(settings.model_copy(update={"architectures": architectures}), entry, ARM) != first
    validation = splits.load("stripes", "validation")
    validation.images[0, 0, 0, 0] += 1
    splits.save("stripes", "validation", validation)
    assert decides(settings, entry, ARM) != first
