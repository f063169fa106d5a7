"""Where everything lies, relative to the top of the project; dvc.yaml tells DVC the same.

Data sets, widths, architectures and seeds are spelled as in params.yaml.
"""

from pathlib import Path
from typing import Literal, NamedTuple

Split = Literal["train", "validation", "test"]

PARAMS_CHECKED = Path("data/params.ok")
MACHINE = Path("data/machine.json")
SUMMARY = Path("metrics/summary.json")
REPORT = Path("metrics/report.md")
EPOCHS_TABLE = Path("plots/epochs.csv")
ARMS_TABLE = Path("plots/arms.csv")
NETWORKS_TABLE = Path("plots/networks.csv")
LAYERS_TABLE = Path("plots/layers.csv")
RELATIVE_TABLE = Path("plots/relative.csv")
KINDS_TABLE = Path("plots/kinds.csv")
DEPLOYED_TABLE = Path("plots/deployed.csv")
TABLES = (EPOCHS_TABLE, ARMS_TABLE, NETWORKS_TABLE, LAYERS_TABLE, KINDS_TABLE, RELATIVE_TABLE, DEPLOYED_TABLE)
PUBLISHED = Path("metrics/published.json")


def raw(dataset: str) -> Path:
    """The folder of a data set as it came."""
    return Path("data/raw", dataset)


def fetched(dataset: str) -> Path:
    """The folder of its verified files, made by stage fetch."""
    return raw(dataset) / "fetched"


def packed(dataset: str) -> Path:
    """The user's own folder of images as one archive, made by stage pack."""
    return raw(dataset) / "packed" / "images.tar"


def download(sha256: str) -> Path:
    """A file on its way, or arrived, under its checksum: no output of DVC's, so that an interrupted fetch goes on."""
    return Path(".state/downloads", sha256)


def prepared(dataset: str, split: Split) -> Path:
    return Path("data/prepared", dataset, f"{split}.npz")


def facts(dataset: str) -> Path:
    return Path("metrics/prepare", f"{dataset}.json")


def samples(dataset: str) -> Path:
    return Path("plots", f"samples_{dataset}.png")


def figure(name: str) -> Path:
    return Path("plots", f"{name}.png")


def cost(dataset: str, width: str, architecture: str) -> Path:
    return Path("metrics/cost", dataset, width, f"{architecture}.json")


def benchmark(dataset: str, width: str) -> Path:
    return Path("metrics/benchmark", dataset, f"{width}.json")


def measured_time(result_sha256: str) -> Path:
    """What the clock said for one training result: no output of DVC's, see `dscnn.logbook`."""
    return Path(".state/times", f"{result_sha256}.json")


class Arm(NamedTuple):
    """One training run; its first three files are made by stage train, the next three kept by stage logbook."""

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
    def state(self) -> Path:
        """The folder of what an interrupted training goes on from: no output of DVC's, which it would remove."""
        return Path(".state/training", "-".join(self))

    @property
    def history(self) -> Path:
        return Path("metrics/train", *self, "history.csv")

    @property
    def result(self) -> Path:
        return Path("metrics/train", *self, "result.json")

    @property
    def timing(self) -> Path:
        return Path("metrics/train", *self, "timing.json")

    @property
    def score(self) -> Path:
        return Path("metrics/evaluate", self.dataset, self.width, self.architecture, f"{self.seed}.json")

    @property
    def predictions(self) -> Path:
        return self.score.with_suffix(".csv")

    @property
    def deployed(self) -> Path:
        return Path("metrics/deploy", self.dataset, self.width, self.architecture, f"{self.seed}.json")
