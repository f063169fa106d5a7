"""Images and labels of a split as a network takes them, in batches."""

from typing import Any, NamedTuple

import numpy as np

from dscnn.core.device import keras, tf
from dscnn.core.seeds import generator
from dscnn.core.splits import Labelled
from dscnn.training.augment import Augment, Draws, apply, draw


class Training(NamedTuple):
    """What makes training batches differ from the split as it is."""

    seed: int
    augment: Augment
    label_smoothing: float


class Batches:
    """The images of a split in batches, the last one smaller; with `training`, in a new order and augmented each epoch.

    Order and augmentation depend on the seed and the epoch alone, so all architectures of a seed see the same batches.
    """

    def __init__(self, data: Labelled, classes: int, batch_size: int, training: Training | None = None) -> None:
        self.images, self.one_hot = data.images, np.eye(classes, dtype=np.float32)[data.labels]
        self.batch_size, self.training = batch_size, training
        self.channels_first = keras.config.image_data_format() == "channels_first"
        self.order = np.arange(len(data.images))
        self.draws: Draws | None = None
        if training:
            self.one_hot = self.one_hot * np.float32(1 - training.label_smoothing) + np.float32(
                training.label_smoothing / classes
            )
            self.begin(0)

    def begin(self, epoch: int) -> None:
        """Shuffle and draw anew for `epoch`, counted from 0."""
        if self.training:
            seed, augment = self.training.seed, self.training.augment
            self.order = generator(seed, "shuffle", epoch).permutation(len(self.images))
            self.draws = draw(augment, self.images.shape, seed, epoch) if any(augment) else None

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

    def dataset(self) -> Any:
        """Return the batches as a tf.data.Dataset that prepares a few ahead; each iteration is of the epoch begun.

        tf.data's tuning is off: there is nothing to tune, and at the end of an iteration its thread sleeps on,
        10 ms the first time and twice as long each time, while the epoch waits for it (docs/performance.md).
        """
        images, labels = self[0]
        signature = tuple(
            tf.TensorSpec((None, *array.shape[1:]), tf.as_dtype(array.dtype)) for array in (images, labels)
        )
        options = tf.data.Options()
        options.autotune.enabled = False
        made = tf.data.Dataset.from_generator(
            lambda: map(self.__getitem__, range(len(self))), output_signature=signature
        )
        return made.apply(tf.data.experimental.assert_cardinality(len(self))).prefetch(4).with_options(options)


class Shuffled(keras.callbacks.Callback):
    """Begins each epoch of `batches`."""

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.batches.begin(epoch)
