from functools import partial

import pytest

from dscnn.core.device import tf
from dscnn.costs import roofline
from dscnn.timing import ceilings


def test_a_rate_is_two_flops_a_multiply_add_over_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product takes a second."""
    monkeypatch.setattr(ceilings, "seconds", lambda call, least: call() is not None and 1.0)
    assert ceilings.matrix_rate("float32", 0.1, side=64) == 2 * 64**3


def test_the_rate_without_matrix_units_leaves_settings_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow's TF32 is off meanwhile."""
    switch = tf.config.experimental.tensor_float_32_execution_enabled
    before, seen = switch(), []
    monkeypatch.setattr(ceilings, "matrix_rate", lambda dtype, least: seen.append((dtype, switch())) or 5.0)
    assert ceilings.vector_rate(0.1) == 5
    assert seen == [("float32", False)]
    assert switch() == before


def test_an_empty_call_takes_at_most_half_of_what_was_timed() -> None:
    """A call timed in a bad moment makes no rate without bounds."""
    assert ceilings.net(10.0, 2.0) == 8
    assert ceilings.net(10.0, 50.0) == 5


def test_a_product_too_short_to_be_timed_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its side doubles until it takes long enough."""
    times = iter([0.001, 0.002, 0.01])
    monkeypatch.setattr(ceilings, "seconds", lambda call, least: next(times))
    assert ceilings.matrix_rate("float32", 0.1, side=8) == 2 * 32**3 / 0.01


def test_a_pass_reads_and_writes_its_array(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass moves twice the bytes of its array, and a call makes many passes over a small one."""
    monkeypatch.setattr(ceilings, "SIZES", [2**12, 2**20])
    monkeypatch.setattr(ceilings, "AT_LEAST", 2**20)
    monkeypatch.setattr(ceilings, "seconds", lambda call, least: call() is not None and 1.5)
    assert ceilings.pass_rates("bfloat16", 0.5, 0.1) == {2**13: 2**21, 2**21: 2**21}


def test_all_is_measured_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """All numbers are positive, in float32 and the precision asked for."""
    monkeypatch.setattr(ceilings, "SIZES", [2**16, 2**18])
    monkeypatch.setattr(ceilings, "AT_LEAST", 2**18)
    monkeypatch.setattr(ceilings, "CHAIN", 3)
    monkeypatch.setattr(ceilings, "LONG_ENOUGH", 0.0)
    monkeypatch.setattr(ceilings, "matrix_rate", partial(ceilings.matrix_rate, side=64))
    found = ceilings.measure("bfloat16", 0.001)
    assert list(found["matrix_flops_per_second"]) == ["float32", "bfloat16"]
    assert min(found["matrix_flops_per_second"].values()) > 1e6
    assert [each["bytes"] for each in found["passes"]] == [2**17, 2**19]
    assert min(each["bytes_per_second"] for each in found["passes"]) > 1e6
    assert min(found["start_seconds"].values()) > 0
    assert set(found["start_seconds"]) == {*roofline.STARTS.values(), "other"}
    assert found["vector_flops_per_second"] > 1e6
    assert found["call_seconds"] > 0
    assert list(ceilings.measure("float32", 0.001)["matrix_flops_per_second"]) == ["float32"]


def test_a_ceiling_is_the_best_that_was_seen() -> None:
    """Two measurements are compared number by number."""

    def reading(rate: float, moved: float, start: float) -> dict[str, object]:
        return {
            "compute_dtype": "float32",
            "matrix_flops_per_second": {"float32": rate},
            "passes": [{"bytes": 8, "bytes_per_second": moved}],
            "vector_flops_per_second": rate,
            "start_seconds": {"other": start},
            "call_seconds": start,
        }

    assert ceilings.better(reading(2, 4, 6), reading(1, 5, 7)) == reading(2, 5, 6)
    assert ceilings.better(reading(1, 5, 7), reading(2, 4, 6)) == reading(2, 5, 6)
