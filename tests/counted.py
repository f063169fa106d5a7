"""Models of one layer, for tests that count."""

from typing import Any

from dscnn.core.device import keras
from dscnn.costs.counter import count
from dscnn.costs.work import Row


def only(layer: Any, *shape: int, dtype: str = "float32") -> list[Row]:
    """Return the rows of a model of one layer, for one image."""
    images = keras.Input(shape, dtype=dtype)
    return count(keras.Model(images, layer(images)))
