"""The prepared splits of a data set: labelled images, as stage prepare writes them and later stages read them."""

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from dscnn.core import files

Split = Literal["train", "validation", "test"]


class Labelled(NamedTuple):
    """Images of shape (n, height, width, channels) and their class numbers of shape (n,), both uint8."""

    images: np.ndarray
    labels: np.ndarray

    def take(self, index: np.ndarray | slice) -> "Labelled":
        return Labelled(self.images[index], self.labels[index])


def path(dataset: str, split: Split) -> Path:
    return Path("data/prepared", dataset, f"{split}.npz")


def load(dataset: str, split: Split) -> Labelled:
    """Return a prepared split; a missing or damaged file is a `Problem`."""
    return Labelled(**files.read_arrays(path(dataset, split)))


def save(dataset: str, split: Split, data: Labelled) -> None:
    files.write_arrays(path(dataset, split), data._asdict())
