"""What the machine reaches at most, measured: matrix multiplication, a pass over memory, starting an operation.

All three are taken through TensorFlow, from calls of compiled functions, as a training step is.
"""

from collections.abc import Callable
from functools import reduce
from typing import Any

from dscnn.core.device import tf
from dscnn.timing.timer import Call, compiled, seconds

SIZES = [2**power for power in range(16, 29, 2)]  # bytes of an array: from a cache's to many times the largest's
AT_LEAST = 2**26
CHAIN = 100
LONG_ENOUGH = 0.005


def empty_call() -> Call:
    """Return a call of a compiled function that does nothing."""
    return compiled(lambda x: x, tf.ones([8]))


def net(taken: float, call: float) -> float:
    """Return `taken` less the time of an empty call, but no less than half: a ceiling is no place for a guess."""
    return max(taken - call, taken / 2)


def matrix_rate(dtype: str, least: float, side: int = 2048) -> float:
    """Return the FLOP/s of a product of two square matrices, 2 FLOPs a multiply-add, large enough to be timed."""
    while True:
        matrix = tf.cast(tf.random.stateless_normal((side, side), (1, 2)), dtype)
        taken = seconds(compiled(tf.matmul, matrix, matrix), least)
        if taken > LONG_ENOUGH or side >= 16384:
            return float(2 * side**3 / taken)
        side *= 2


def vector_rate(least: float) -> float:
    """Return the FLOP/s in float32 without matrix units, which a GPU uses for float32 products too (TF32)."""
    enabled = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        return matrix_rate("float32", least)
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(enabled)


def pass_rates(dtype: str, call: float, least: float) -> dict[int, float]:
    """Return bytes read and written a second by passes over an array, by the sum of bytes that one reads and writes.

    A pass takes the greater of each number and another one: of many sums or products TensorFlow would make one. Passes
    over a small array are many in a call, whose own time is taken off; they find it in the caches, as a layer finds
    small activations.
    """
    rates = {}
    for size in SIZES:
        passes = max(1, AT_LEAST // size)

        def chain(x: Any, factor: Any, passes: int = passes) -> Any:
            return reduce(lambda made, _: tf.maximum(made, factor), range(passes), x)

        array = tf.ones([size // tf.as_dtype(dtype).size], dtype)
        taken = net(seconds(compiled(chain, array, tf.ones([], dtype)), least), call)
        rates[2 * size] = 2 * size * passes / taken
    return rates


def start_seconds(dtype: str, call: float, least: float) -> dict[str, float]:
    """Return what starting an operation takes, by its name: a chain of them on 8 numbers, or 8 x 8 of 8 channels.

    The time of an empty call is taken off, and the rest divided by their number.
    """
    images, numbers, square = tf.ones((1, 8, 8, 8), dtype), tf.ones((8,), dtype), tf.eye(8, dtype=dtype)
    full, single = tf.ones((3, 3, 8, 8), dtype), tf.ones((3, 3, 8, 1), dtype)
    operations: dict[str, tuple[Callable[[Any], Any], Any]] = {
        "convolution": (lambda x: tf.nn.conv2d(x, full, 1, "SAME"), images),
        "depthwise": (lambda x: tf.nn.depthwise_conv2d(x, single, [1, 1, 1, 1], "SAME"), images),
        "pooling": (lambda x: tf.nn.max_pool2d(x, 2, 1, "SAME"), images),
        "product": (lambda x: tf.matmul(x, square), square),
        "other": (lambda x: tf.maximum(x, numbers), images),
    }

    def chain(operation: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: reduce(lambda made, _: operation(made), range(CHAIN), x)

    return {
        kind: net(seconds(compiled(chain(operation), given), least), call) / CHAIN
        for kind, (operation, given) in operations.items()
    }


def measure(dtype: str, least: float) -> dict[str, Any]:
    """Return all ceilings for a training that computes in `dtype`, each timing filling `least` seconds."""
    call = seconds(empty_call(), least)
    rates = {name: matrix_rate(name, least) for name in dict.fromkeys(["float32", dtype])}
    on_gpu = bool(tf.config.get_visible_devices("GPU"))
    return {
        "compute_dtype": dtype,
        "matrix_flops_per_second": rates,
        "vector_flops_per_second": vector_rate(least) if on_gpu else rates["float32"],
        "passes": [{"bytes": size, "bytes_per_second": rate} for size, rate in pass_rates(dtype, call, least).items()],
        "start_seconds": start_seconds(dtype, call, least),
        "call_seconds": call,
    }


def better(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return the higher of each rate and the lower of each time: a ceiling is the best that was seen."""
    rates = {
        name: max(rate, other["matrix_flops_per_second"][name]) for name, rate in one["matrix_flops_per_second"].items()
    }
    passes = [
        max(pair, key=lambda each: each["bytes_per_second"])
        for pair in zip(one["passes"], other["passes"], strict=True)
    ]
    starts = {kind: min(taken, other["start_seconds"][kind]) for kind, taken in one["start_seconds"].items()}
    return one | {
        "matrix_flops_per_second": rates,
        "vector_flops_per_second": max(each["vector_flops_per_second"] for each in (one, other)),
        "passes": passes,
        "start_seconds": starts,
        "call_seconds": min(one["call_seconds"], other["call_seconds"]),
    }
