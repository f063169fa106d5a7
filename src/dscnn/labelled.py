"""Images and what they show: what the formats are read into and the stages hand on."""

from typing import NamedTuple

import numpy as np


class Labelled(NamedTuple):
    """Images of shape (n, height, width, channels) and their class numbers of shape (n,), both uint8."""

    images: np.ndarray
    labels: np.ndarray

    def take(self, index: np.ndarray | slice) -> "Labelled":
        return Labelled(self.images[index], self.labels[index])
