"""The curves of a training while it runs, as files of DVCLive, which `dvc plots show` draws."""

import shutil
from pathlib import Path
from typing import Any

from dscnn.core import paths
from dscnn.core.device import keras
from dscnn.core.paths import Arm
from dscnn.training.history import History

CURVES = ("loss", "accuracy", "val_loss", "val_accuracy")


def folder(arm: Arm, kept: Path) -> Path:
    """Return where the curves of the training with the checkpoint `kept` lie: no output of DVC's, and in no cache.

    By the checkpoint's name, since several experiments may train the same arm at the same time.
    """
    return paths.state() / "live" / "-".join(arm) / kept.stem[:12]


class Live(keras.callbacks.Callback):
    """Writes each epoch of `history` as soon as it is over; comes after `History`."""

    def __init__(self, folder: Path, history: History) -> None:
        """Begin `folder` anew, with the epochs that a checkpoint brought."""
        super().__init__()
        from dvclive import Live as Logger  # imports half of DVC, so only if it is wanted

        self.history = history
        shutil.rmtree(folder, ignore_errors=True)
        self.logger = Logger(dir=str(folder), save_dvc_exp=False, dvcyaml=None, report=None, monitor_system=False)
        for epoch in history.epochs:
            self._log(epoch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._log(self.history.epochs[-1])

    def _log(self, epoch: dict[str, float]) -> None:
        self.logger.step = int(epoch["epoch"])
        for name in CURVES:
            self.logger.log_metric(name, epoch[name])
        self.logger.make_summary()
