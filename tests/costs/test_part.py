from types import SimpleNamespace

import numpy as np
import pytest

from dscnn.core.device import keras
from dscnn.costs.part import inside, positions, sizes


def test_positions_are_counted_without_channels() -> None:
    """Rows times columns, wherever the channels are; a dense layer has them last."""
    assert positions(SimpleNamespace(data_format="channels_last"), (4, 6, 2)) == 24
    assert positions(SimpleNamespace(data_format="channels_first"), (4, 6, 2)) == 12
    assert positions(keras.layers.Dense(3), (5, 2)) == 5


def test_sizes_are_summed_over_weights() -> None:
    """A dense layer from 5 to 3 has 15 numbers in its kernel and 3 in its bias."""
    dense = keras.layers.Dense(3)
    dense.build((None, 5))
    assert (sizes(dense.weights), sizes([])) == (18, 0)


@pytest.mark.parametrize(
    ("given", "side", "stride", "dilation", "padding"),
    [
        (5, 3, 1, 1, "same"), (6, 3, 2, 1, "same"), (5, 2, 1, 1, "same"), (7, 3, 1, 2, "same"), (2, 5, 1, 1, "same"),
        (6, 3, 1, 1, "valid"), (9, 3, 2, 1, "valid"), (6, 3, 1, 1, "causal"), (9, 3, 1, 2, "causal"),
    ],
)  # fmt: skip
def test_what_is_inside_is_what_tensorflow_multiplies(
    given: int, side: int, stride: int, dilation: int, padding: str
) -> None:
    """A convolution of ones with ones counts, at each place, the numbers that are no padding."""
    layer = keras.layers.Conv1D(
        1, side, stride, padding, dilation_rate=dilation, kernel_initializer="ones", use_bias=False
    )
    counts = layer(np.ones((1, given, 1), np.float32)).numpy()
    assert inside(given, counts.size, side, stride, dilation, padding) == counts.sum()
