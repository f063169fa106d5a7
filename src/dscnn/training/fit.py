"""One arm, trained: from its splits to history and weights, or on from a checkpoint."""

from pathlib import Path
from typing import NamedTuple

from dscnn.core import device, files, processor, splits
from dscnn.core.paths import Arm
from dscnn.core.stage import Problem
from dscnn.experiment.datasets import Dataset
from dscnn.experiment.params import Params
from dscnn.networks.build import build
from dscnn.training import checkpoint, live
from dscnn.training.augment import Augment
from dscnn.training.batches import Batches, Shuffled, Training
from dscnn.training.callbacks import Guard, Progress
from dscnn.training.clock import Clock
from dscnn.training.history import History, ValidateAverage
from dscnn.training.optimizer import compiled, rates


class Fitted(NamedTuple):
    """What a training made, and how many images it was trained on."""

    history: History
    clock: Clock
    images: int


def decides(settings: Params, entry: Dataset, arm: Arm) -> dict[str, object]:
    """Return all that decides an arm's weights, except the code: no other training may resume from its checkpoint."""
    return {
        **arm._asdict(),
        "shape": list(entry.shape),
        "classes": len(entry.classes),
        "kinds": list(settings.architectures[arm.architecture]),
        "network": dict(settings.network),
        "recipe": dict(settings.recipe),
        "train": dict(settings.train),
        "data": [files.sha256(splits.path(arm.dataset, split)) for split in ("train", "validation")],
        "environment": device.provenance(settings.compute),
        "processor_flags": processor.flags(),
    }


def fit(settings: Params, entry: Dataset, arm: Arm, kept: Path, signals: list[str]) -> Fitted:
    """Train `arm` of the data set `entry`, resuming from the checkpoint `kept` if that is there.

    Raises `Problem` when the loss stops being a number or explodes, and ends the process when one of `signals` came.
    """
    train, recipe, classes = settings.train, settings.recipe, len(entry.classes)
    data, held = splits.load(arm.dataset, "train"), splits.load(arm.dataset, "validation")
    images = len(data.labels)
    steps = -(-images // train.batch_size)
    if steps < 2:
        raise Problem(
            f"train.batch_size: {train.batch_size} makes one step of the {images} training images, and the first step"
            " of an epoch is not always timed: take smaller batches"
        )
    table = rates(train, recipe, train.epochs * steps)
    kinds, seed = settings.architectures[arm.architecture], int(arm.seed)
    network = build(settings.network, kinds, float(arm.width), entry.shape, classes, seed)
    model = compiled(network, train, recipe, table)
    clock = Clock()
    history = History(model, table, steps, train.keep, train.early_stopping)
    saved = checkpoint.Checkpoint(model, kept, history, clock)
    saved.restore()
    if history.done:
        return Fitted(history, clock, images)
    done = len(history.epochs)
    augment = Augment(recipe.shift, recipe.flip, recipe.cutout)
    batches = Batches(data, classes, train.batch_size, Training(seed, augment, recipe.label_smoothing))
    precision = device.precision(settings.compute)
    remedy = f"lower train.learning_rate ({train.learning_rate:g}) or use precision float32 (now {precision})"
    title = f"{arm.architecture} x{arm.width} seed {arm.seed}"
    model.fit(
        batches.dataset(),
        validation_data=Batches(held, classes, train.batch_size).dataset(),
        initial_epoch=done,
        epochs=train.epochs,
        verbose=0,
        shuffle=False,
        callbacks=[
            Shuffled(batches),
            clock,
            Guard(remedy, classes, signals, lambda: saved.saved_epoch),
            history,
            saved,
            Progress(title, train.epochs, images, train.batch_size, done),
            *([ValidateAverage()] if recipe.ema_decay else []),
            *([live.Live(live.folder(arm, kept), history)] if settings.live else []),
        ],
    )
    return Fitted(history, clock, images)
