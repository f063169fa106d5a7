from math import log
from typing import Any

import pytest

from dscnn.core.device import keras
from dscnn.costs import roofline
from dscnn.costs.counter import count
from dscnn.costs.predictor import Predictor, interpolated, traits

CEILINGS = roofline.Ceilings(1e9, 5e8, ((1e3, 1e10), (1e9, 1e10)))
BATCH = 2


def rows(*layers: keras.Layer, size: tuple[int, int, int] = (6, 5, 4)) -> list[dict[str, Any]]:
    """Return the flat rows of a network of `layers`, for a batch of two images."""
    return [row.flat() for row in count(keras.Sequential([keras.Input(size), *layers]), BATCH)]


def conv(filters: int, kernel: int = 3, **more: Any) -> keras.Layer:
    return keras.layers.Conv2D(filters, kernel, padding="same", **more)


def timed(row: dict[str, Any], efficiency: float) -> dict[str, Any]:
    """Return `row` with times at which it reaches `efficiency` of the roofline, in both directions."""
    seconds = {
        f"{name}_seconds": {"median": roofline.of_row(CEILINGS, row, name == "training").seconds / efficiency}
        for name in ("inference", "training")
    }
    return row | seconds


def record(*timed_rows: dict[str, Any], data_format: str = "channels_last") -> dict[str, Any]:
    """Return a record of stage probes with a single probe, of `timed_rows`."""
    probe = {"trainable_parameters": 10, "optimizer": {"median": 1.0}, "loss": {"median": 0.5}, "layers": timed_rows}
    return {"batch_size": BATCH, "environment": {"data_format": data_format}, "probes": {"a": probe}}


def efficiency(predictor: Predictor, row: dict[str, Any], training: bool = True) -> float:
    return roofline.of_row(CEILINGS, row, training).seconds / predictor.layer(row, training)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_size_of_a_convolution_is_positions_and_channels(bias: bool, precision: str) -> None:
    """Of two images of 6 x 5: 60 positions, 4 channels in, 8 out; a kernel has 9, a number its bytes."""
    row = rows(conv(4, dtype=precision), conv(8, use_bias=bias, dtype=precision))[-1]
    group, size = traits(row, BATCH, False)
    assert size == pytest.approx((log(60), log(4), log(8)))
    assert group[:3] == ("Conv2D", 9, 4 if precision == "float32" else 2)


def test_layers_that_other_kernels_compute_are_of_other_groups() -> None:
    """A kernel of 1 x 1, a grouped one, a depthwise one, a dense layer, another precision."""
    found = [
        rows(conv(8))[-1],
        rows(conv(8, 1))[-1],
        rows(conv(8, groups=2))[-1],
        rows(conv(8, dtype="bfloat16"))[-1],
        rows(keras.layers.DepthwiseConv2D(3, padding="same"))[-1],
        rows(keras.layers.MaxPooling2D())[-1],
        rows(keras.layers.Flatten(), keras.layers.Dense(3))[-1],
    ]
    assert len({traits(row, BATCH, False).group for row in found}) == len(found)
    assert traits(rows(conv(16), size=(9, 9, 3))[-1], BATCH, False).group == traits(found[0], BATCH, False).group


def test_both_data_formats_have_the_same_traits() -> None:
    """Channels stand first in the shape of one, last in that of the other."""
    (last,) = rows(conv(8))
    first = last | {"output_shape": [8, 6, 5]}
    assert traits(first, BATCH, True) == traits(last, BATCH, False)


def test_a_single_layer_gives_its_efficiency_to_all_of_its_kind() -> None:
    """Forward and backward apart."""
    row = timed(rows(conv(8))[0], 0.25)
    row["inference_seconds"]["median"] /= 2
    predictor = Predictor(CEILINGS, record(row))
    other = rows(conv(32), size=(12, 12, 16))[0]
    assert efficiency(predictor, other) == pytest.approx(0.25)
    assert efficiency(predictor, other, training=False) == pytest.approx(0.5)


def test_between_two_sizes_the_efficiency_is_between_theirs() -> None:
    """Halfway in the logarithm of the channels it is their geometric mean."""
    known = [timed(rows(conv(filters), size=(8, 8, 16))[0], share) for filters, share in ((8, 0.1), (32, 0.4))]
    predictor = Predictor(CEILINGS, record(*known))
    assert efficiency(predictor, rows(conv(16), size=(8, 8, 16))[0]) == pytest.approx(0.2)
    assert efficiency(predictor, known[0]) == pytest.approx(0.1, rel=0.1), "smoothed: near it"
    assert efficiency(predictor, known[1]) == pytest.approx(0.4, rel=0.1)


def test_a_kind_that_no_probe_has_is_no_number_and_nothing_to_do_takes_no_time() -> None:
    """Neither is a guess."""
    predictor = Predictor(CEILINGS, record(timed(rows(conv(8))[0], 0.5)))
    pool, flat = rows(keras.layers.MaxPooling2D(), keras.layers.Flatten())
    assert predictor.layer(pool, True) != predictor.layer(pool, True), "not a number"
    assert predictor.layer(flat, True) == 0


def test_a_layer_too_short_to_be_timed_teaches_nothing() -> None:
    """Its efficiency would be endless."""
    short = timed(rows(conv(8))[0], 0.5) | {"training_seconds": {"median": 0.0}}
    predictor = Predictor(CEILINGS, record(short))
    assert predictor.layer(short, True) != predictor.layer(short, True), "not a number"
    assert efficiency(predictor, short, training=False) == pytest.approx(0.5)


def test_optimizer_and_loss_by_hand() -> None:
    """The optimizer lies on a line between two probes and is constant beyond; the loss is the median."""
    made = record()
    probe = made["probes"]["a"]
    made["probes"]["b"] = probe | {"trainable_parameters": 30, "optimizer": {"median": 3.0}, "loss": {"median": 0.7}}
    predictor = Predictor(CEILINGS, made)
    assert [predictor.optimizer(each) for each in (1, 10, 15, 30, 100)] == pytest.approx([1, 1, 1.5, 3, 3])
    assert predictor.loss() == pytest.approx(0.6)


def test_an_outlier_is_smoothed() -> None:
    """One wrong value among many at nearly the same place moves the surface only a little."""
    points = [((1.0 + 0.01 * number, 0.0, 0.0), 0.0) for number in range(9)] + [((1.045, 0.0, 0.0), 1.0)]
    assert abs(interpolated(points)((1.045, 0.0, 0.0))) < 0.5
