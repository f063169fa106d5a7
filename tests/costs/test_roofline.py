import pytest

from dscnn.costs import roofline
from timed import MACHINE, layer

CEILINGS = roofline.Ceilings(1e9, 5e8, ((100.0, 4e8), (10_000.0, 2e8), (1_000_000.0, 1e8)))


def test_the_longer_of_compute_and_memory_counts() -> None:
    """1e6 FLOPs are 1 ms of products and 2 ms of the rest; 1e6 bytes are 10 ms."""
    product = roofline.one_pass(CEILINGS, 1e6, 0, matrix=True)
    assert (product.arithmetic, product.compute, product.memory) == (pytest.approx(1e-3), pytest.approx(1e-3), 0)
    assert product.by == "compute"
    assert roofline.one_pass(CEILINGS, 1e6, 0, matrix=False).seconds == pytest.approx(2e-3)
    both = roofline.one_pass(CEILINGS, 1e6, 1e6, matrix=True)
    assert (both.compute, both.memory, both.by) == (0, pytest.approx(1e-2), "memory")
    assert both.arithmetic == pytest.approx(1e-3), "whatever holds it up"
    assert roofline.one_pass(CEILINGS, 1e8, 1e6, matrix=True).by == "compute"


def test_bandwidth_is_that_of_a_pass_of_the_size() -> None:
    """Between sizes it follows a line over their logarithm, outside it is that of the nearest."""
    for size, rate in ((1, 4e8), (100, 4e8), (1000, 3e8), (10_000, 2e8), (1e6, 1e8), (1e9, 1e8)):
        assert CEILINGS.bandwidth(size) == pytest.approx(rate), size


def test_the_ridge_is_where_both_take_as_long() -> None:
    """Beyond the caches it is at 10 FLOPs a byte, and at 5 for what is no product."""
    assert (CEILINGS.ridge, CEILINGS.vector_ridge) == (10, 5)
    assert CEILINGS.memory == 1e8
    for flops, bound in ((0.9e8, "memory"), (1.1e8, "compute")):
        assert roofline.one_pass(CEILINGS, flops, 1e7, matrix=True).by == bound


def test_a_row_trains_pass_by_pass() -> None:
    """A pass bound by memory does not hide behind one bound by compute; an element-wise one is no product."""
    row = layer("c", "Conv2D", 5 * 10**7, 10**6, 0.0) | {
        "backward_each": [[10**7, 3 * 10**7, True], [10**8, 10**6, False]],
    }
    assert roofline.of_row(CEILINGS, row, training=False).seconds == pytest.approx(0.1)
    training = roofline.of_row(CEILINGS, row, training=True)
    assert (training.compute, training.memory) == (pytest.approx(0.1 + 0.1), pytest.approx(0.3))
    assert training.arithmetic == pytest.approx(0.1 + 0.02 + 0.1)
    assert training.by == "memory"
    depthwise = layer("d", "DepthwiseConv2D", 10**7, 10**5, 0.0, matrix=False)
    assert roofline.of_row(CEILINGS, depthwise, training=False).seconds == pytest.approx(0.04)
    half = depthwise | {"padding_macs": 5 * 10**6}
    assert roofline.of_row(CEILINGS, half, training=False).seconds == pytest.approx(0.02), "padding need not be done"
    padded = row | {"padding_macs": 10**7}
    assert roofline.of_row(CEILINGS, padded, training=True).arithmetic == pytest.approx(0.08 + 0.02 + 0.08)
    nothing = layer("f", "Flatten", 0, 0, 0.0, passes=0)
    assert roofline.of_row(CEILINGS, nothing, training=True).seconds == 0


def test_ceilings_are_the_best_of_products_and_float32_for_the_rest() -> None:
    """They come from the record of stage benchmark, or from a data sheet.

    Where float32 is the faster precision, a product in the other one is held to it: a library may compute in float32.
    """
    ceilings = roofline.measured(MACHINE)
    assert (ceilings.matrix, ceilings.vector, ceilings.memory) == (1e9, 5e8, 1e8)
    slow = MACHINE | {"matrix_flops_per_second": {"float32": 5e8, "bfloat16": 1e8}}
    assert roofline.measured(slow).matrix == 5e8
    sheet = roofline.data_sheet(30.0, 15.0, 750.0)
    assert (sheet.matrix, sheet.vector, sheet.memory) == (3e13, 1.5e13, 7.5e11)
    assert sheet.bandwidth(1e12) == sheet.bandwidth(1) == 7.5e11
