"""What the hardware allows, measured: the rate of matrix products, and of moving numbers between memory and processor.

Both are the best that ordinary libraries reach with nothing else to do, in the fastest of several calls, so no layer
should be faster. Numbers are moved in float32, which needs no conversion: in bfloat16 the same passes show how fast
numbers are converted.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial, reduce
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from dscnn.core.device import tf
from dscnn.timing.timer import Call, compiled, fastest, seconds

SIZES = [2**power for power in range(16, 31, 2)]  # bytes of a pass: from a first cache's to far beyond the last one's
AT_LEAST = 2**28  # bytes that a call moves
LONG_ENOUGH = 0.005


def empty_call() -> Call:
    """Return a call of a compiled function that does nothing."""
    return compiled(lambda x: x, tf.ones([8]))


def matrix_rate(dtype: str, least: float, side: int = 2048) -> float:
    """Return the FLOP/s of a product of two square matrices, 2 FLOPs a multiply-add, large enough to be timed."""
    while True:
        matrix = tf.cast(tf.random.stateless_normal((side, side), (1, 2)), dtype)
        taken = fastest(compiled(tf.matmul, matrix, matrix), least)
        if taken > LONG_ENOUGH or side >= 16384:
            return float(2 * side**3 / taken)
        side *= 2


def convolution_rate(dtype: str, least: float, images: int = 64) -> float:
    """Return the FLOP/s of a 3 x 3 convolution of 64 channels without padding, of enough images to be timed.

    A library of convolutions may be faster than the product of matrices beside it.
    """
    kernel = tf.cast(tf.random.stateless_normal((3, 3, 64, 64), (1, 2)), dtype)
    while True:
        given = tf.cast(tf.random.stateless_normal((images, 34, 34, 64), (3, 4)), dtype)
        taken = fastest(compiled(lambda x, kernel: tf.nn.conv2d(x, kernel, 1, "VALID"), given, kernel), least)
        if taken > LONG_ENOUGH or images >= 4096:
            return float(2 * images * 32 * 32 * 9 * 64 * 64 / taken)
        images *= 2


def product_rate(dtype: str, least: float) -> float:
    """Return the best FLOP/s of what is a product, for hardware: of two matrices, or of images and a kernel."""
    return max(matrix_rate(dtype, least), convolution_rate(dtype, least))


def vector_rate(least: float) -> float:
    """Return the FLOP/s in float32 without matrix units, which a GPU uses for float32 products too (TF32)."""
    enabled = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        return product_rate("float32", least)
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(enabled)


def host_rates(threads: int, least: float) -> dict[int, float]:
    """Return bytes read and written a second by c = a + b in float32, by the bytes of all three arrays.

    That is the kernel "add" of STREAM (McCalpin 1995), counted as there: two arrays read, one written. Each thread
    has arrays of its own, and goes over small ones many times in a call, so that they stay in its caches. The arrays
    are there before: a pass takes no new memory from the system.
    """
    rates = {}
    with ThreadPoolExecutor(threads) as pool:
        for size in SIZES:
            passes = max(1, AT_LEAST // size)
            own = [[_repeated(size // 12 // threads, passes) for _ in range(3)] for _ in range(threads)]
            taken = fastest(partial(_all, pool, own), least)
            rates[size] = size * passes / taken
    return rates


def _repeated(count: int, passes: int) -> Any:
    """Return rows of `count` numbers that all lie in the same place: one call goes over them again and again."""
    return as_strided(np.ones(count, np.float32), (passes, count), (0, 4))


def _all(pool: ThreadPoolExecutor, arrays: list[list[Any]]) -> None:
    list(pool.map(_add, arrays))


def _add(arrays: list[Any]) -> None:
    one, other, made = arrays
    np.add(one, other, out=made)


def device_rates(call: float, least: float) -> dict[int, float]:
    """Return the same for a GPU: passes of the greater of each number and another one, of which none can be saved.

    The time of an empty call is taken off, but no more than half.
    """
    rates = {}
    for size in SIZES:
        passes = max(1, AT_LEAST // size)

        def chain(x: Any, factor: Any, passes: int = passes) -> Any:
            return reduce(lambda made, _: tf.maximum(made, factor), range(passes), x)

        array = tf.ones([size // 8], tf.float32)
        taken = fastest(compiled(chain, array, tf.ones([])), least)
        rates[size] = size * passes / max(taken - call, taken / 2)
    return rates


def measure(dtype: str, threads: int, least: float) -> dict[str, Any]:
    """Return all ceilings for a training that computes in `dtype`, each timing filling `least` seconds."""
    call = seconds(empty_call(), least)
    rates = {name: product_rate(name, least) for name in dict.fromkeys(["float32", dtype])}
    on_gpu = bool(tf.config.get_visible_devices("GPU"))
    moved = device_rates(call, least) if on_gpu else host_rates(threads, least)
    return {
        "compute_dtype": dtype,
        "matrix_flops_per_second": rates,
        "vector_flops_per_second": vector_rate(least) if on_gpu else rates["float32"],
        "memory": [{"bytes": size, "bytes_per_second": rate} for size, rate in moved.items()],
        "call_seconds": call,
    }


def better(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return the higher of each rate and the lower of each time: a ceiling is the best that was seen."""
    rates = {
        name: max(rate, other["matrix_flops_per_second"][name]) for name, rate in one["matrix_flops_per_second"].items()
    }
    memory = [
        max(pair, key=lambda each: each["bytes_per_second"])
        for pair in zip(one["memory"], other["memory"], strict=True)
    ]
    return one | {
        "matrix_flops_per_second": rates,
        "vector_flops_per_second": max(each["vector_flops_per_second"] for each in (one, other)),
        "memory": memory,
        "call_seconds": min(one["call_seconds"], other["call_seconds"]),
    }
