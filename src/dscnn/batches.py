"""Images and labels of a split as a network takes them, in batches."""

from typing import NamedTuple

import numpy as np

from dscnn.augment import Augment, Draws, apply, draw
from dscnn.device import keras
from dscnn.labelled import Labelled
from dscnn.seeds import generator


class Training(NamedTuple):
    """What makes training batches differ from the split as it is."""

    seed: int
    augment: Augment
    label_smoothing: float
    done: int = 0  # epochs trained before


class Batches(keras.utils.PyDataset):
    """The images of a split in batches, the last one smaller; with `training`, in a new order and augmented each epoch.

    Order and augmentation depend on the seed and the epoch alone, so all architectures of a seed see the same batches.
    """

    def __init__(self, data: Labelled, classes: int, batch_size: int, training: Training | None = None) -> None:
        super().__init__()
        self.images, self.one_hot = data.images, np.eye(classes, dtype=np.float32)[data.labels]
        self.batch_size, self.training = batch_size, training
        self.channels_first = keras.config.image_data_format() == "channels_first"
        self.order = np.arange(len(data.images))
        self.draws: Draws | None = None
        if training:
            self.epoch = training.done
            self.one_hot = self.one_hot * np.float32(1 - training.label_smoothing) + np.float32(
                training.label_smoothing / classes
            )
            self._new_epoch()

    def _new_epoch(self) -> None:
        if self.training:
            seed, augment = self.training.seed, self.training.augment
            self.order = generator(seed, "shuffle", self.epoch).permutation(len(self.images))
            self.draws = draw(augment, self.images.shape, seed, self.epoch) if any(augment) else None

    def __len__(self) -> int:
        return -(-len(self.images) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        images = self.images[chosen]
        if self.training and self.draws:
            images = apply(self.training.augment, images, self.draws.of(chosen))
        if self.channels_first:
            images = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        return images, self.one_hot[chosen]

    def on_epoch_end(self) -> None:
        if self.training:
            self.epoch += 1
            self._new_epoch()
