"""Images and labels of a split as a network takes them, in batches."""

import numpy as np

from dscnn.device import keras
from dscnn.labelled import Labelled
from dscnn.seeds import generator


class Batches(keras.utils.PyDataset):
    """The images of a split in batches, the last one smaller; a new order each epoch if `seed` is given.

    The order depends on the seed and the epoch alone, so all architectures of a seed see the same batches.
    """

    def __init__(self, data: Labelled, classes: int, batch_size: int, seed: int | None = None) -> None:
        super().__init__()
        images = data.images
        if keras.config.image_data_format() == "channels_first":
            images = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
        self.images, self.one_hot = images, np.eye(classes, dtype=np.float32)[data.labels]
        self.batch_size, self.seed, self.epoch = batch_size, seed, 0
        self._order()

    def _order(self) -> None:
        count = len(self.images)
        random = None if self.seed is None else generator(self.seed, "shuffle", self.epoch)
        self.order = np.arange(count) if random is None else random.permutation(count)

    def __len__(self) -> int:
        return -(-len(self.images) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return self.images[chosen], self.one_hot[chosen]

    def on_epoch_end(self) -> None:
        self.epoch += 1
        self._order()
