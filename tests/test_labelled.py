import numpy as np

from dscnn.labelled import Labelled


def test_taking_keeps_images_with_their_labels() -> None:
    """By number, in the order asked for, or by a mask."""
    data = Labelled(np.arange(8, dtype=np.uint8).reshape(4, 2, 1, 1), np.array([3, 2, 1, 0], np.uint8))
    images, labels = data.take(np.array([2, 0]))
    assert images[:, :, 0, 0].tolist() == [[4, 5], [0, 1]]
    assert labels.tolist() == [1, 3]
    assert data.take(data.labels > 1).labels.tolist() == [3, 2]
