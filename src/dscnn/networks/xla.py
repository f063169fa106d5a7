"""Functions of a network that XLA compiles into one pass over memory."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from dscnn.core.device import tf


def compiled(function: Callable[..., Any], **fixed: Any) -> Callable[..., Any]:
    """Return `function` with the arguments `fixed`, compiled.

    Each layer has its own, since TensorFlow warns where one compiled function is given many shapes.
    """
    return cast(Callable[..., Any], tf.function(partial(function, **fixed), autograph=False, jit_compile=True))
