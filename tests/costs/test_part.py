from types import SimpleNamespace

from dscnn.core.device import keras
from dscnn.costs.part import places, sizes


def test_places_are_counted_without_channels() -> None:
    """Rows times columns, wherever the channels are; a dense layer has them last."""
    assert places(SimpleNamespace(data_format="channels_last"), (4, 6, 2)) == 24
    assert places(SimpleNamespace(data_format="channels_first"), (4, 6, 2)) == 12
    assert places(keras.layers.Dense(3), (5, 2)) == 5


def test_sizes_are_summed_over_weights() -> None:
    """A dense layer from 5 to 3 has 15 numbers in its kernel and 3 in its bias."""
    dense = keras.layers.Dense(3)
    dense.build((None, 5))
    assert (sizes(dense.weights), sizes([])) == (18, 0)
