import pytest

from dscnn import roofline
from timed import MACHINE, layer

CEILINGS = roofline.Ceilings(1e9, 5e8, ((100.0, 4e8), (10_000.0, 2e8), (1_000_000.0, 1e8)), 0.0)


def test_the_longer_of_compute_and_memory_counts() -> None:
    """1e6 FLOPs are 1 ms of products and 2 ms of the rest; 1e6 bytes are 10 ms; each pass is started."""
    assert roofline.estimate(CEILINGS, 1e6, 0, 1, matrix=True).seconds == pytest.approx(1e-3)
    assert roofline.estimate(CEILINGS, 1e6, 0, 1, matrix=False).seconds == pytest.approx(2e-3)
    both = roofline.estimate(CEILINGS, 1e6, 1e6, 1, matrix=True)
    assert (both.seconds, both.bound) == (pytest.approx(1e-2), "memory")
    assert roofline.estimate(CEILINGS, 1e8, 1e6, 1, matrix=True).bound == "compute"
    started = roofline.estimate(roofline.measured(MACHINE), 1e6, 1e5, 3, matrix=True)
    assert (started.seconds, started.bound) == (pytest.approx(1e-3 + 3e-3), "launch")
    assert roofline.estimate(CEILINGS, 0, 0, 0, matrix=True).seconds == 0


def test_bandwidth_is_that_of_a_pass_of_the_size() -> None:
    """Between sizes a line over their logarithm, outside the nearest; two passes share the bytes."""
    for size, rate in ((1, 4e8), (100, 4e8), (1000, 3e8), (10_000, 2e8), (1e6, 1e8), (1e9, 1e8)):
        assert CEILINGS.bandwidth(size) == pytest.approx(rate), size
    assert roofline.estimate(CEILINGS, 0, 20_000, 2, matrix=False).memory == pytest.approx(20_000 / 2e8)


def test_the_ridge_is_where_both_take_as_long() -> None:
    """10 FLOPs a byte beyond the caches."""
    assert CEILINGS.ridge == 10
    assert CEILINGS.memory == 1e8
    on_it = roofline.estimate(CEILINGS, 1e8, 1e7, 1, matrix=True)
    assert on_it.compute == on_it.memory


def test_a_row_trains_forward_and_backward() -> None:
    """Three times the work of inference here."""
    ceilings = roofline.measured(MACHINE)
    row = layer("c", "Conv2D", 5 * 10**7, 10**6, 0.0)
    assert roofline.of_row(ceilings, row, training=False).seconds == pytest.approx(0.1 + 0.001)
    assert roofline.of_row(ceilings, row, training=True).seconds == pytest.approx(0.3 + 0.003)


def test_ceilings_are_of_the_precision_in_use_and_of_float32_beside_products() -> None:
    """From the record of stage benchmark, and from a data sheet."""
    ceilings = roofline.measured(MACHINE)
    assert (ceilings.matrix, ceilings.vector, ceilings.launch) == (1e9, 5e8, 0.001)
    sheet = roofline.data_sheet(30.0, 15.0, 750.0)
    assert (sheet.matrix, sheet.vector, sheet.memory, sheet.launch) == (3e13, 1.5e13, 7.5e11, 0)
    assert sheet.bandwidth(1e12) == sheet.bandwidth(1) == 7.5e11
