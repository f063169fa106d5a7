"""Stage train@D-W-A-S: one arm, from the prepared images to weights, history and result.

All three outputs are determined by params.yaml, the data, the software, the kind of processor and the thread
count. What the clock said is not, and goes another way: see `dscnn.logbook`.
"""

import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np
from tqdm import tqdm

from dscnn import device, files, layout, networks, params
from dscnn.batches import Batches
from dscnn.device import keras
from dscnn.labelled import Labelled
from dscnn.seeds import stream
from dscnn.stage import Problem, run


class Clock(keras.callbacks.Callback):
    """Seconds of the parts of a training, by a monotonic clock; the first step, which builds the graph, apart."""

    def __init__(self) -> None:
        super().__init__()
        self.first_step_seconds = 0.0
        self.epoch_seconds: list[float] = []
        self.validation_seconds: list[float] = []
        self._start = self._validation_start = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self.epoch_seconds and batch == 0:
            now = time.perf_counter()
            self.first_step_seconds, self._start = now - self._start, now

    def on_test_begin(self, logs: Any = None) -> None:
        self._validation_start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch_seconds.append(self._validation_start - self._start)
        self.validation_seconds.append(time.perf_counter() - self._validation_start)

    def reading(self, images: int, batch_size: int) -> dict[str, object]:
        """Return the seconds and, without the first step, the training images a second."""
        timed = images * len(self.epoch_seconds) - min(batch_size, images)
        return {
            "train_seconds": sum(self.epoch_seconds),
            "first_step_seconds": self.first_step_seconds,
            "validation_seconds": sum(self.validation_seconds),
            "images_per_second": timed / sum(self.epoch_seconds),
            "epoch_seconds": self.epoch_seconds,
            "measured": datetime.now(UTC).date().isoformat(),
        }


class Progress(keras.callbacks.Callback):
    """A bar with the time left on a terminal, a line an epoch elsewhere."""

    def __init__(self, title: str, epochs: int, steps: int) -> None:
        super().__init__()
        self.title, self.epochs = title, epochs
        self.bar = tqdm(total=epochs * steps, desc=title, unit="step", disable=not sys.stderr.isatty())

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.bar.update()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        said = ", ".join(f"{name} {(logs or {})[name]:.4f}" for name in ("loss", "val_loss", "val_accuracy"))
        self.bar.set_description(f"{self.title} epoch {epoch + 1}/{self.epochs} {said}")
        if self.bar.disable:
            print(f"{self.title} epoch {epoch + 1}/{self.epochs}: {said}", flush=True)

    def on_train_end(self, logs: Any = None) -> None:
        self.bar.close()


def fit(
    model: keras.Model, batches: Batches, validation: Batches, settings: params.Train, callbacks: Iterable[Any]
) -> list[dict[str, float]]:
    """Train `model` in place and return a row an epoch; raises `Problem` when the loss stops being a number."""
    optimizer = keras.optimizers.get(settings.optimizer)
    optimizer.learning_rate = settings.learning_rate
    model.compile(
        optimizer=optimizer,
        loss=keras.losses.CategoricalCrossentropy(),
        metrics=["accuracy"],
        jit_compile=False,
    )
    stop = keras.callbacks.TerminateOnNaN()
    said = model.fit(
        batches,
        validation_data=validation,
        epochs=settings.epochs,
        verbose=0,
        shuffle=False,
        callbacks=[*callbacks, stop],
    ).history
    finished = int(np.isfinite([said["loss"], said["val_loss"]]).all(axis=0).cumprod().sum())
    if finished < settings.epochs:
        raise Problem(
            f"the loss is not a number in epoch {finished + 1}: lower train.learning_rate"
            f" ({settings.learning_rate:g}) or use precision float32 (now {settings.precision})"
        )
    return [
        {
            "epoch": epoch + 1,
            **{name: said[name][epoch] for name in ("loss", "accuracy", "val_loss", "val_accuracy")},
            "learning_rate": settings.learning_rate,
        }
        for epoch in range(settings.epochs)
    ]


def summarise(history: list[dict[str, float]]) -> dict[str, object]:
    """Return the last epoch's figures, and the epoch whose validation accuracy was best (the first of equals)."""
    best = max(history, key=lambda row: row["val_accuracy"])
    return {
        "epochs": len(history),
        "last": {name: value for name, value in history[-1].items() if name != "epoch"},
        "best_epoch": best["epoch"],
        "best_val_accuracy": best["val_accuracy"],
    }


def main(dataset: str, width: str, architecture: str, seed: str) -> None:
    """Train one arm; the weights kept are those of the last epoch."""
    settings, arm = params.load(), layout.Arm(dataset, width, architecture, seed)
    train, entry = settings.train, settings.catalogue[dataset]
    device.configure(train)
    keras.utils.set_random_seed(stream(int(seed), "rest"))
    model = networks.build(
        settings.network,
        settings.architectures[architecture],
        float(width),
        entry.shape,
        len(entry.classes),
        int(seed),
    )
    data = Labelled(**files.read_arrays(layout.prepared(dataset, "train")))
    held = Labelled(**files.read_arrays(layout.prepared(dataset, "validation")))
    batches = Batches(data, len(entry.classes), train.batch_size, int(seed))
    if train.epochs * len(batches) < 2:
        raise Problem(
            f"train.epochs {train.epochs} and train.batch_size {train.batch_size} make one step of the"
            f" {len(data.labels)} training images, and the first step is not timed: more epochs or smaller batches"
        )
    clock = Clock()
    progress = Progress(f"{architecture} x{width} seed {seed}", train.epochs, len(batches))
    history = fit(model, batches, Batches(held, len(entry.classes), train.batch_size), train, [clock, progress])

    files.write_arrays(arm.weights, {variable.path: variable.numpy() for variable in model.weights})
    files.write_csv(arm.trained_history, history)
    result = {
        **arm._asdict(),
        **summarise(history),
        "train_images": len(data.labels),
        "weights_sha256": files.sha256(arm.weights),
        "environment": device.provenance(train),
    }
    files.write_json(arm.trained_result, result)
    reading = clock.reading(len(data.labels), train.batch_size)
    files.write_json(layout.measured_time(files.sha256(arm.trained_result)), reading)


if __name__ == "__main__":
    run(main)
