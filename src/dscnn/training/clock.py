"""The clock of a training."""

import time
from datetime import UTC, datetime
from typing import Any

import psutil

from dscnn.core.device import keras
from dscnn.core.load import Load

CONVENTION = (
    "seconds by a monotonic clock; start_seconds by the system's clock, since a process's start is known by that alone;"
    " train_seconds: the training steps of all epochs, without the first step of each start (which builds the graph),"
    " validation and start-up; start_seconds: from the start of the process to the end of its first step, summed over"
    " the starts whose epochs count (one that was interrupted before it saved a checkpoint leaves no trace);"
    " images_per_second: training images over train_seconds; load_average: processes that computed or waited for a"
    " processor, the operating system's average over the last minute of the training; other_processors: processors that"
    " other processes used, the mean from the end of the first step on, the highest of the starts"
)


class Clock(keras.callbacks.Callback):
    """Seconds of the parts of a training, by a monotonic clock; of a start by the system's, which may be set back.

    The first step of each start, which builds the graph, is apart.
    """

    def __init__(self) -> None:
        super().__init__()
        self.start_seconds: list[float] = []  # from the start of the process to the end of its first step
        self.epoch_seconds: list[float] = []
        self.validation_seconds: list[float] = []
        self.other_processors: list[float] = []  # of the starts before this one
        self._load: Load | None = None  # from the end of this process's first step on
        self._start = self._validation_start = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self._load is None:
            self._load, self._start = Load(), time.perf_counter()
            self.start_seconds.append(max(0.0, time.time() - psutil.Process().create_time()))

    def on_test_begin(self, logs: Any = None) -> None:
        self._validation_start = time.perf_counter()
        self.epoch_seconds.append(self._validation_start - self._start)

    def on_test_end(self, logs: Any = None) -> None:
        self.validation_seconds.append(time.perf_counter() - self._validation_start)

    def state(self) -> dict[str, list[float]]:
        """Return what another process needs to resume."""
        return {
            "start_seconds": [*self.start_seconds],
            "epoch_seconds": [*self.epoch_seconds],
            "validation_seconds": [*self.validation_seconds],
            "other_processors": self._others(),
        }

    def restore(self, state: dict[str, list[float]]) -> None:
        for name, values in state.items():
            setattr(self, name, list(values))

    def reading(self, images: int, batch_size: int) -> dict[str, object]:
        """Return the seconds and, without the first step of each start, the training images a second."""
        timed = images * len(self.epoch_seconds) - len(self.start_seconds) * min(batch_size, images)
        return {
            "train_seconds": sum(self.epoch_seconds),
            "validation_seconds": sum(self.validation_seconds),
            "start_seconds": sum(self.start_seconds),
            "starts": len(self.start_seconds),
            "images_per_second": timed / sum(self.epoch_seconds),
            "epoch_seconds": self.epoch_seconds,
            "other_processors": max(self._others()),
            "load_average": round(psutil.getloadavg()[0], 2),
            "measured": datetime.now(UTC).date().isoformat(),
        }

    def _others(self) -> list[float]:
        """Return the processors that others have used, for each start."""
        own = [] if self._load is None else [self._load.reading()["other_processors"]]
        return [*self.other_processors, *own]
