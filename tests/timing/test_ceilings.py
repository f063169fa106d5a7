import itertools
import timeit
from functools import partial
from typing import Any

import numpy as np
import pytest

from dscnn.core.device import tf
from dscnn.timing import ceilings


def test_a_rate_is_two_flops_a_multiply_add_over_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product takes a second."""
    monkeypatch.setattr(ceilings, "fastest", lambda call, least: call() is not None and 1.0)
    assert ceilings.matrix_rate("float32", 0.1, side=64) == 2 * 64**3


def test_the_rate_without_matrix_units_leaves_settings_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow's TF32 is off meanwhile."""
    switch = tf.config.experimental.tensor_float_32_execution_enabled
    before, seen = switch(), []
    monkeypatch.setattr(ceilings, "product_rate", lambda dtype, least: seen.append((dtype, switch())) or 5.0)
    assert ceilings.vector_rate(0.1) == 5
    assert seen == [("float32", False)]
    assert switch() == before


def test_a_product_too_short_to_be_timed_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its side doubles until it takes long enough."""
    times = iter([0.001, 0.002, 0.01])
    monkeypatch.setattr(ceilings, "fastest", lambda call, least: next(times))
    assert ceilings.matrix_rate("float32", 0.1, side=8) == 2 * 32**3 / 0.01


def test_a_convolution_without_padding_does_all_that_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """An output of 32 x 32 x 64 takes 9 x 64 multiply-adds each; images double until there is enough to time."""
    times, shapes = iter([0.001, 0.01]), []
    monkeypatch.setattr(ceilings, "fastest", lambda call, least: shapes.append(tuple(call().shape)) or next(times))
    rate = ceilings.convolution_rate("float32", 0.1, images=1)
    assert shapes == [(1, 32, 32, 64), (2, 32, 32, 64)]
    assert rate == pytest.approx(2 * (2 * 32 * 32 * 64) * (9 * 64) / 0.01)


def test_the_better_product_is_the_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever library it is of."""
    for matrix, convolution in ((3.0, 2.0), (2.0, 3.0)):
        monkeypatch.setattr(ceilings, "matrix_rate", lambda dtype, least, rate=matrix: rate)
        monkeypatch.setattr(ceilings, "convolution_rate", lambda dtype, least, rate=convolution: rate)
        assert ceilings.product_rate("float32", 0.1) == 3


@pytest.mark.parametrize("threads", [1, 2])
def test_a_pass_counts_three_arrays(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    """A call makes as many passes over small arrays as move 12 MiB, and takes a second and a half."""
    monkeypatch.setattr(ceilings, "SIZES", [12 * 2**10, 12 * 2**20])
    monkeypatch.setattr(ceilings, "AT_LEAST", 12 * 2**20)
    monkeypatch.setattr(ceilings, "fastest", lambda call, least: call() or 1.5)
    assert ceilings.host_rates(threads, 0.1) == {12 * 2**10: 2**23, 12 * 2**20: 2**23}


def test_numbers_are_really_added(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every number of every thread, each time; rows lie in the same place, so no more memory is touched."""
    seen: list[tuple[float, int, int]] = []

    def add(arrays: list[np.ndarray]) -> None:
        arrays[2][0] = 0
        add_all(arrays)
        rows = arrays[2]
        seen.append((float(rows.min()), rows.shape[0], int(rows[0].__array_interface__["data"][0])))
        assert rows.strides == (0, 4)

    add_all = ceilings._add
    monkeypatch.setattr(ceilings, "_add", add)
    monkeypatch.setattr(ceilings, "SIZES", [2**14])
    monkeypatch.setattr(ceilings, "AT_LEAST", 2**16)
    ceilings.host_rates(2, 0.0)
    assert {(least, rows) for least, rows, _ in seen} == {(2.0, 4)}
    assert len({place for *_, place in seen}) == 2, "each thread has arrays of its own"


def test_a_pass_on_a_device_reads_and_writes_its_array(monkeypatch: pytest.MonkeyPatch) -> None:
    """The call itself is taken off, but at most half: one timed in a bad moment makes no rate without bounds."""
    monkeypatch.setattr(ceilings, "SIZES", [2**12, 2**20])
    monkeypatch.setattr(ceilings, "AT_LEAST", 2**20)
    monkeypatch.setattr(ceilings, "fastest", lambda call, least: call() is not None and 1.5)
    assert ceilings.device_rates(0.5, 0.1) == {2**12: 2**20, 2**20: 2**20}
    assert ceilings.device_rates(5.0, 0.1) == {2**12: 2**20 / 0.75, 2**20: 2**20 / 0.75}


def test_a_pass_on_a_device_moves_what_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes by the graph's own shapes: what each `Maximum` reads of images or of the one before, and writes."""
    sizes, given = [2**12, 2**14], []

    def compiled(function: Any, array: Any, factor: Any) -> Any:
        graph = tf.function(function, autograph=False).get_concrete_function(array, factor)
        given.append((array, [op for op in graph.graph.get_operations() if op.type == "Maximum"]))
        return lambda: graph(array, factor)

    def seconds(call: Any, least: float) -> float:
        np.testing.assert_array_equal(call(), given[-1][0])  # ones: the greater of them and one
        return 2.0

    monkeypatch.setattr(ceilings, "SIZES", sizes)
    monkeypatch.setattr(ceilings, "AT_LEAST", 2**16)
    monkeypatch.setattr(ceilings, "compiled", compiled)
    monkeypatch.setattr(ceilings, "fastest", seconds)
    rates = ceilings.device_rates(0.0, 0.1)
    moved = [
        sum(4 * (int(op.inputs[0].shape.num_elements()) + int(op.outputs[0].shape.num_elements())) for op in passes)
        for _, passes in given
    ]
    assert [len(passes) for _, passes in given] == [16, 4]
    assert [array.dtype for array, _ in given] == [tf.float32] * 2
    assert rates == {size: bytes_moved / 2.0 for size, bytes_moved in zip(sizes, moved, strict=True)}
    for _, passes in given:
        assert all(later.inputs[0] is before.outputs[0] for before, later in itertools.pairwise(passes)), "a chain"


def test_all_is_measured_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own passes over memory, and without TF32 where that is asked for; here the processor stands for it."""
    switch, seen = tf.config.experimental.tensor_float_32_execution_enabled, []
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: {"GPU": ["one"]}[kind])
    monkeypatch.setattr(tf.test.experimental, "sync_devices", lambda: seen.append(switch()))
    monkeypatch.setattr(ceilings, "host_rates", lambda *_: pytest.fail("these are of the host"))
    monkeypatch.setattr(ceilings, "SIZES", [2**12, 2**14])
    monkeypatch.setattr(ceilings, "AT_LEAST", 2**14)
    monkeypatch.setattr(ceilings, "LONG_ENOUGH", 0.0)
    monkeypatch.setattr(ceilings, "matrix_rate", partial(ceilings.matrix_rate, side=64))
    monkeypatch.setattr(ceilings, "convolution_rate", partial(ceilings.convolution_rate, images=1))
    tf.config.experimental.enable_tensor_float_32_execution(True)
    found = ceilings.measure("bfloat16", 1, 0.0)
    assert [each["bytes"] for each in found["memory"]] == [2**12, 2**14]
    numbers = [each["bytes_per_second"] for each in found["memory"]]
    numbers += [*found["matrix_flops_per_second"].values(), found["vector_flops_per_second"], found["call_seconds"]]
    assert len(numbers) == 6
    assert all(0 < number < float("inf") for number in numbers)
    assert {*seen} == {True, False}
    assert switch() is True


def test_all_is_measured_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """All numbers are positive, in float32 and the precision asked for."""
    monkeypatch.setattr(ceilings, "SIZES", [2**16, 2**18])
    monkeypatch.setattr(ceilings, "AT_LEAST", 2**18)
    monkeypatch.setattr(ceilings, "LONG_ENOUGH", 0.0)
    monkeypatch.setattr(ceilings, "matrix_rate", partial(ceilings.matrix_rate, side=64))
    monkeypatch.setattr(ceilings, "convolution_rate", partial(ceilings.convolution_rate, images=1))
    found = ceilings.measure("bfloat16", 2, 0.001)
    assert list(found["matrix_flops_per_second"]) == ["float32", "bfloat16"]
    assert min(found["matrix_flops_per_second"].values()) > 1e6
    assert [each["bytes"] for each in found["memory"]] == [2**16, 2**18]
    assert min(each["bytes_per_second"] for each in found["memory"]) > 1e6
    assert found["vector_flops_per_second"] > 1e6
    assert found["call_seconds"] > 0
    assert list(ceilings.measure("float32", 1, 0.001)["matrix_flops_per_second"]) == ["float32"]


def test_a_rate_is_one_that_memory_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the order of NumPy's plain copy of the same bytes: between a third of it and ten times.

    A copy reads and writes each byte once, in one thread; several threads and better code may be faster.
    """
    size = 2**26
    monkeypatch.setattr(ceilings, "SIZES", [size])
    ((_, rate),) = ceilings.host_rates(2, 0.05).items()
    source, target = np.ones(size // 8, np.float32), np.ones(size // 8, np.float32)
    taken = min(timeit.repeat(lambda: np.copyto(target, source), number=1, repeat=5))
    assert size / taken / 3 < rate < 10 * size / taken


def test_a_ceiling_is_the_best_that_was_seen() -> None:
    """Two measurements are compared number by number."""

    def reading(rate: float, moved: float, call: float) -> dict[str, object]:
        return {
            "compute_dtype": "float32",
            "matrix_flops_per_second": {"float32": rate},
            "memory": [{"bytes": 8, "bytes_per_second": moved}],
            "vector_flops_per_second": rate,
            "call_seconds": call,
        }

    assert ceilings.better(reading(2, 4, 6), reading(1, 5, 7)) == reading(2, 5, 6)
    assert ceilings.better(reading(1, 5, 7), reading(2, 4, 6)) == reading(2, 5, 6)
