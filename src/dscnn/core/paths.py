"""Where the files lie that one stage writes and another reads, relative to the top of the project.

One rule: stage X writes metrics/X/. So a new stage, or a new figure, needs no line here. Data sets, widths,
architectures and seeds are spelled as in params.yaml.
"""

from pathlib import Path
from typing import NamedTuple


def metrics(stage: str, *axes: str) -> Path:
    """Return what `stage` writes for one point of params.yaml, e.g. metrics/cost/mnist5k/0.125/RegularConv.json."""
    return Path("metrics", stage, *axes[:-1], f"{axes[-1]}.json")


def figure(name: str) -> Path:
    return Path("plots", f"{name}.png")


class Arm(NamedTuple):
    """One training run. Stage train makes its first three files; stage logbook keeps the other three."""

    dataset: str
    width: str
    architecture: str
    seed: str

    @property
    def weights(self) -> Path:
        return Path("models", self.dataset, self.width, self.architecture, f"{self.seed}.npz")

    @property
    def trained_history(self) -> Path:
        return self.weights.with_suffix(".history.csv")

    @property
    def trained_result(self) -> Path:
        return self.weights.with_suffix(".result.json")

    @property
    def history(self) -> Path:
        return Path("metrics/train", *self, "history.csv")

    @property
    def result(self) -> Path:
        return metrics("train", *self, "result")

    @property
    def timing(self) -> Path:
        return metrics("train", *self, "timing")


def measured_time(result_sha256: str) -> Path:
    """Return what the clock measured for one training result: no output of DVC's, see `dscnn.stages.logbook`."""
    return Path(".state/times", f"{result_sha256}.json")
