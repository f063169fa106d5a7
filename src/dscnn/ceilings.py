"""What the machine reaches at most, measured: matrix multiplication, a pass over memory, starting an operation.

All three are taken through TensorFlow, from calls of compiled functions, as a training step is.
"""

import time
from collections.abc import Callable
from functools import reduce
from statistics import median
from typing import Any

from dscnn.device import tf

CALLS = 5
SIZES = [2**power for power in range(16, 29, 2)]  # bytes of an array: from a cache's to many times the largest's
AT_LEAST = 2**24
CHAIN = 100
LONG_ENOUGH = 0.005


def seconds(call: Callable[[], Any], least: float) -> float:
    """Return the median time of calls that fill `least` seconds, by a monotonic clock, after as many not timed."""
    once(call, least)
    return once(call, least)


def once(call: Callable[[], Any], least: float) -> float:
    """Return the median time of calls that fill `least` seconds, `CALLS` or more, without any before."""
    times: list[float] = []
    while len(times) < CALLS or sum(times) < least:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return median(times)


def compiled(function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    """Return a call of `function` as a TensorFlow graph, which ends when the device has done it."""
    made = tf.function(function, autograph=False).get_concrete_function(*arguments)
    if not tf.config.get_visible_devices("GPU"):
        return lambda: made(*arguments)

    def call() -> Any:
        outputs = made(*arguments)
        tf.test.experimental.sync_devices()
        return outputs

    return call


def call_seconds(least: float) -> float:
    """Return what calling a compiled function takes that does nothing."""
    return seconds(compiled(lambda x: x, tf.ones([8])), least)


def matrix_rate(dtype: str, least: float, side: int = 2048) -> float:
    """Return the FLOP/s of a product of two square matrices, 2 FLOPs a multiply-add, large enough to be timed."""
    while True:
        matrix = tf.cast(tf.random.stateless_normal((side, side), (1, 2)), dtype)
        taken = seconds(compiled(tf.matmul, matrix, matrix), least)
        if taken > LONG_ENOUGH or side >= 16384:
            return float(2 * side**3 / taken)
        side *= 2


def pass_rates(dtype: str, call: float, least: float) -> dict[int, float]:
    """Return bytes read and written a second by passes over an array, by the sum of bytes that one reads and writes.

    A pass multiplies by a number. Passes over a small array are many in a call, whose own time is taken off; they
    find it in the caches, as a layer finds small activations.
    """
    rates = {}
    for size in SIZES:
        passes = max(1, AT_LEAST // size)

        def chain(x: Any, factor: Any, passes: int = passes) -> Any:
            return reduce(lambda made, _: made * factor, range(passes), x)

        array = tf.ones([size // tf.as_dtype(dtype).size], dtype)
        taken = seconds(compiled(chain, array, tf.ones([], dtype)), least) - call
        rates[2 * size] = 2 * size * passes / max(taken, 1e-9)
    return rates


def launch_seconds(dtype: str, call: float, least: float) -> float:
    """Return what starting an operation takes: the mean over a convolution, a depthwise one and a pooling.

    Each is done on 8 x 8 numbers of 8 channels in a chain of `CHAIN`, `call` is taken off, and the rest divided.
    """
    images = tf.ones((1, 8, 8, 8), dtype)
    full, single = tf.ones((3, 3, 8, 8), dtype), tf.ones((3, 3, 8, 1), dtype)
    operations: list[Callable[[Any], Any]] = [
        lambda x: tf.nn.conv2d(x, full, 1, "SAME"),
        lambda x: tf.nn.depthwise_conv2d(x, single, [1, 1, 1, 1], "SAME"),
        lambda x: tf.nn.max_pool2d(x, 2, 1, "SAME"),
    ]

    def chain(operation: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: reduce(lambda made, _: operation(made), range(CHAIN), x)

    taken = [seconds(compiled(chain(operation), images), least) - call for operation in operations]
    return max(sum(taken) / len(taken) / CHAIN, 1e-9)


def measure(dtype: str, least: float) -> dict[str, Any]:
    """Return all ceilings for a training that computes in `dtype`, each timing filling `least` seconds."""
    call = call_seconds(least)
    return {
        "compute_dtype": dtype,
        "matrix_flops_per_second": {name: matrix_rate(name, least) for name in dict.fromkeys(["float32", dtype])},
        "passes": [{"bytes": size, "bytes_per_second": rate} for size, rate in pass_rates(dtype, call, least).items()],
        "launch_seconds": launch_seconds(dtype, call, least),
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
    least = {name: min(one[name], other[name]) for name in ("launch_seconds", "call_seconds")}
    return one | {"matrix_flops_per_second": rates, "passes": passes} | least
