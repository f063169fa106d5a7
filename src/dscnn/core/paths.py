"""Where the files lie that one stage writes and another reads, relative to the top of the project.

One rule: stage X writes metrics/X. So a new stage, or a new figure, needs no line here. Data sets, widths,
architectures and seeds are spelled as in params.yaml.
"""

import os
from pathlib import Path
from typing import NamedTuple


def metrics(stage: str, *axes: str) -> Path:
    """Return what `stage` writes for one point of params.yaml, e.g. metrics/cost/mnist5k/0.125/RegularConv.json."""
    *folders, name = stage, *axes
    return Path("metrics", *folders, f"{name}.json")


def figure(name: str) -> Path:
    return Path("plots", f"{name}.png")


def state() -> Path:
    """Return the folder of what outlives an interruption: checkpoints, downloads. Nothing in it is an output of DVC's.

    DVC's temporary workspaces share that of the project (src/stage).
    """
    return Path(os.environ.get("DSCNN_STATE", ".state"))


class Arm(NamedTuple):
    """One training run, and the files that stages train and evaluate make of it."""

    dataset: str
    width: str
    architecture: str
    seed: str

    @property
    def weights(self) -> Path:
        return Path("models", self.dataset, self.width, self.architecture, f"{self.seed}.npz")

    @property
    def history(self) -> Path:
        return Path("metrics/train", *self, "history.csv")

    @property
    def result(self) -> Path:
        return metrics("train", *self, "result")

    @property
    def timing(self) -> Path:
        return metrics("train", *self, "timing")

    @property
    def score(self) -> Path:
        return metrics("evaluate", *self)

    @property
    def predictions(self) -> Path:
        return self.score.with_suffix(".csv")

    @property
    def measured(self) -> tuple[Path, ...]:
        """Return all of them but the weights: what compare and report read."""
        return (self.history, self.result, self.timing, self.score, self.predictions)
