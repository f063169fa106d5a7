from collections.abc import Iterator

import numpy as np
import pytest

from dscnn.core.device import keras, tf
from dscnn.core.splits import Labelled
from dscnn.training.augment import Augment
from dscnn.training.batches import Batches, Shuffled, Training

COUNT = 10
DATA = Labelled(
    np.arange(COUNT * 12, dtype=np.uint8).reshape(COUNT, 2, 3, 2), np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0], np.uint8)
)

NOTHING = Augment(shift=0, flip=False, cutout=0)


@pytest.fixture(autouse=True)
def _channels_last() -> Iterator[None]:
    yield
    keras.config.set_image_data_format("channels_last")


def shuffled(seed: int, augment: Augment = NOTHING, smoothing: float = 0.0) -> Batches:
    return Batches(DATA, classes=3, batch_size=4, training=Training(seed, augment, smoothing))


def epoch(batches: Batches) -> tuple[np.ndarray, np.ndarray]:
    images, labels = zip(*(batches[i] for i in range(len(batches))), strict=True)
    return np.concatenate(images), np.concatenate(labels)


def test_without_a_seed_the_order_is_that_of_the_split() -> None:
    """It is so in every epoch; the last batch is smaller, and labels are one-hot rows."""
    batches = Batches(DATA, classes=3, batch_size=4)
    assert [len(batches[i][0]) for i in range(len(batches))] == [4, 4, 2]
    for number in range(2):
        images, one_hot = epoch(batches)
        np.testing.assert_array_equal(images, DATA.images, strict=True)
        np.testing.assert_array_equal(one_hot.argmax(1), DATA.labels)
        np.testing.assert_array_equal(one_hot.sum(1), 1)
        batches.begin(number + 1)


def test_a_seed_shuffles_each_epoch_anew() -> None:
    """Every image comes once, with its label; the order follows from seed and epoch alone."""
    first, second = (shuffled(seed=1) for _ in range(2))
    orders = []
    for number in range(3):
        images, one_hot = epoch(first)
        order = images[:, 0, 0, 0] // 12
        assert sorted(order) == list(range(COUNT))
        np.testing.assert_array_equal(one_hot.argmax(1), DATA.labels[order])
        np.testing.assert_array_equal(images, epoch(second)[0])
        orders.append(order.tolist())
        first.begin(number + 1)
        second.begin(number + 1)
    assert len({tuple(order) for order in orders}) == 3
    assert epoch(shuffled(seed=2))[0].tolist() != epoch(shuffled(seed=1))[0].tolist()


def test_channels_first_moves_the_axis() -> None:
    """Images go from (n, height, width, channels) to (n, channels, height, width)."""
    keras.config.set_image_data_format("channels_first")
    images, _ = epoch(Batches(DATA, 3, 4))
    assert images.shape == (COUNT, 2, 2, 3)
    assert images[7, 1, 0, 2] == DATA.images[7, 0, 2, 1]


def test_an_interrupted_training_goes_on_with_the_same_batches() -> None:
    """Batches that begin with the third epoch are those of one that began with the first."""
    augment = Augment(shift=1, flip=True, cutout=1)
    whole, later = shuffled(1, augment), shuffled(1, augment)
    for number in (1, 2):
        epoch(whole)
        whole.begin(number)
    later.begin(2)
    for one, other in zip(epoch(whole), epoch(later), strict=True):
        np.testing.assert_array_equal(one, other)


def test_augmentation_does_not_move_the_order_and_depends_on_the_image_alone() -> None:
    """The labels come in the order of plain batches; another batch size shows the same images."""
    augment = Augment(shift=1, flip=True, cutout=1)
    images, labels = epoch(shuffled(1, augment))
    plain, plain_labels = epoch(shuffled(1))
    np.testing.assert_array_equal(labels, plain_labels)
    assert (images != plain).any()
    larger = Batches(DATA, 3, 7, Training(1, augment, 0.0))
    np.testing.assert_array_equal(epoch(larger)[0], images)


def test_label_smoothing_by_hand() -> None:
    """A smoothing of 0.3 over three classes gives 0.7 + 0.1 for the label and 0.1 for the others."""
    _, targets = epoch(shuffled(1, smoothing=0.3))
    np.testing.assert_allclose(np.sort(targets, axis=1), [[0.1, 0.1, 0.8]] * COUNT, rtol=1e-6)


def test_keras_sees_each_batch_of_each_epoch_once() -> None:
    """From the second epoch on it sees the batches of epochs 1 and 2, in their order."""
    batches = shuffled(1)
    expected = []
    for number in (1, 2):
        batches.begin(number)
        expected.append(epoch(batches)[0])
    model = keras.Sequential([keras.Input((2, 3, 2)), keras.layers.Flatten(), keras.layers.Dense(3)])
    seen: list[np.ndarray] = []

    class Seeing(keras.Model):
        def train_step(self, data: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
            tf.numpy_function(lambda images: seen.append(images) or np.float32(0), [data[0]], tf.float32)
            return {"loss": tf.constant(0.0)}

    seeing = Seeing(model.inputs, model.outputs)
    seeing.compile(optimizer="sgd", loss="mse")
    seeing.fit(batches.dataset(), initial_epoch=1, epochs=3, verbose=0, shuffle=False, callbacks=[Shuffled(batches)])
    assert [len(images) for images in seen] == [4, 4, 2] * 2
    np.testing.assert_array_equal(np.concatenate(seen), np.concatenate(expected))


def test_the_data_set_is_not_tuned_and_knows_its_length() -> None:
    """Shapes and types are those of the batches."""
    made = shuffled(1).dataset()
    assert made.options().autotune.enabled is False
    assert int(made.cardinality()) == 3
    (images, labels), *_ = made
    assert (images.shape, images.dtype, labels.shape, labels.dtype) == ((4, 2, 3, 2), tf.uint8, (4, 3), tf.float32)
