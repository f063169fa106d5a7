"""What accompanies the steps of a training: the progress shown, the checks, the signals."""

import math
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from dscnn.core.device import keras
from dscnn.core.stage import Problem


class Progress(keras.callbacks.Callback):
    """On a terminal the epoch, the last validation accuracy, rate and time left; a line an epoch elsewhere."""

    def __init__(self, title: str, epochs: int, images: int, batch_size: int, done: int) -> None:
        super().__init__()
        self.title, self.epochs, self.images, self.batch_size = title, epochs, images, batch_size
        self.accuracy = ""
        self.bar = tqdm(
            total=epochs * images,
            initial=done * images,
            desc=title,
            unit="img",
            unit_scale=True,
            bar_format="{desc}: {rate_fmt}, {remaining} left",  # in 80 columns, where a bar has no room
            disable=not sys.stderr.isatty(),
        )

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.bar.set_description_str(f"{self.title}, epoch {epoch + 1}/{self.epochs}{self.accuracy}")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.bar.update(min(self.batch_size, self.images - batch * self.batch_size))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        said = logs or {}
        self.accuracy = f", acc {said['val_accuracy']:.3f}"
        if self.bar.disable:
            figures = ", ".join(f"{name} {said[name]:.4f}" for name in ("loss", "val_loss", "val_accuracy"))
            print(f"{self.title} epoch {epoch + 1}/{self.epochs}: {figures}", flush=True)

    def on_train_end(self, logs: Any = None) -> None:
        self.bar.close()


@contextmanager
def noted_signals() -> Iterator[list[str]]:
    """Give a list of the SIGINT and SIGTERM that come, instead of dying of them."""
    came: list[str] = []
    before = {
        number: signal.signal(number, lambda number, _: came.append(signal.Signals(number).name))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Guard(keras.callbacks.Callback):
    """Ends a training whose loss is no number or explodes, or that was asked to stop."""

    EXPLODED = 3  # times the loss of guessing, from the second epoch on

    def __init__(self, remedy: str, classes: int, signals: list[str], saved: Callable[[], int]) -> None:
        """Take what to say of a bad loss, the list where signals come, and what tells the last epoch kept."""
        super().__init__()
        self.remedy, self.guessing, self.signals, self.saved, self.epoch = remedy, math.log(classes), signals, saved, 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        loss = (logs or {})["loss"]
        if not math.isfinite(loss):
            raise Problem(f"the loss is not a number in epoch {self.epoch}, step {batch + 1}: {self.remedy}")
        self._stop()

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self._stop()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        said = logs or {}
        if not math.isfinite(said["val_loss"]):
            raise Problem(f"the validation loss is not a number in epoch {self.epoch}: {self.remedy}")
        if self.epoch > 1 and said["loss"] > self.EXPLODED * self.guessing:
            raise Problem(
                f"the loss exploded: {said['loss']:.3g} in epoch {self.epoch}, where guessing gives"
                f" {self.guessing:.3g}: {self.remedy}"
            )

    def _stop(self) -> None:
        if self.signals:
            done = f"resumes after epoch {self.saved()}" if self.saved() else "starts from the beginning"
            raise SystemExit(f"stopped by {self.signals[0]} in epoch {self.epoch}; the next 'dvc repro' {done}")
