"""What the installed kernels should take: the time of a layer, from the times of other layers of its kind.

After nn-Meter (doi 10.1145/3458864.3467882), which measures kernels in many sizes and interpolates. Here the
efficiency is interpolated, the share of the roofline that is reached: it changes slowly with size, where times change
by orders of magnitude. Nothing here knows the times that are predicted.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from math import prod
from typing import Any, NamedTuple

import numpy as np
from scipy.interpolate import RBFInterpolator

from dscnn.costs import roofline
from dscnn.costs.work import passes

Row = Mapping[str, Any]
Group = tuple[object, ...]
Size = tuple[float, float, float]
SMOOTHING = 0.1


class Traits(NamedTuple):
    """What the time of a layer follows from: the group of layers that the same kernels compute, and its size."""

    group: Group
    size: Size  # logarithms of positions of the output in a batch, channels in, channels out


def traits(row: Row, batch_size: int, channels_first: bool) -> Traits:
    """Return the traits of a flat row of `dscnn.costs.work` that does something in training.

    Of one group are layers of a class that make the same passes with numbers of the same length. Convolutions of a
    group also have as many weights for a channel in and a channel out: that tells those of 3 x 3, of 1 x 1 and grouped
    ones apart.
    """
    shape = row["output_shape"]
    channels = shape[0] if channels_first else shape[-1]
    numbers = batch_size * prod(shape)
    length = row["forward_written_bytes"] / numbers
    inside = window = 1.0
    if row["macs"]:
        inside = (row["forward_read_bytes"] / length - row["parameters"]) * channels / numbers
        window = round(row["macs"] / numbers / inside, 3) if row["layer_class"].startswith("Conv") else 1.0
    group = (row["layer_class"], window, round(length, 3), passes(row))
    a, b, c = np.log([numbers / channels, inside, channels])
    return Traits(group, (float(a), float(b), float(c)))


class Predictor:
    """Predicts times, in seconds, on a machine with these `ceilings` from `record`, which stage probes wrote."""

    def __init__(self, ceilings: roofline.Ceilings, record: Mapping[str, Any]) -> None:
        self.ceilings, self._batch_size = ceilings, record["batch_size"]
        self._channels_first = record["environment"]["data_format"] == "channels_first"
        probes = [*record["probes"].values()]
        known: dict[tuple[Group, bool], list[tuple[Size, float]]] = defaultdict(list)
        for row in (row for probe in probes for row in probe["layers"]):
            for training in (False, True):
                taken = row[f"{'training' if training else 'inference'}_seconds"]["median"]
                least = roofline.of_row(ceilings, row, training).seconds
                if least and taken > 0:
                    group, size = traits(row, self._batch_size, self._channels_first)
                    known[group, training].append((size, float(np.log(least / taken))))
        self._efficiency = {key: interpolated(points) for key, points in known.items()}
        self._optimizers = sorted((probe["trainable_parameters"], probe["optimizer"]["median"]) for probe in probes)
        self._losses = [probe["loss"]["median"] for probe in probes]

    def layer(self, row: Row, training: bool) -> float:
        """Return the time of a layer, 0 if there is nothing to do; not a number if no probe has one of its group."""
        least = roofline.of_row(self.ceilings, row, training).seconds
        if not least:
            return 0.0
        group, size = traits(row, self._batch_size, self._channels_first)
        efficiency = self._efficiency.get((group, training))
        return float("nan") if efficiency is None else least / float(np.exp(efficiency(size)))

    def optimizer(self, parameters: int) -> float:
        """Return the time of the optimizer for so many trainable parameters, on a straight line between two probes."""
        counts, times = zip(*self._optimizers, strict=True)
        return float(np.interp(parameters, counts, times))

    def loss(self) -> float:
        """Return the time of the loss, which depends on classes and batch size alone."""
        return float(np.median(self._losses))


def interpolated(points: list[tuple[Size, float]]) -> Callable[[Size], float]:
    """Return a function that is near the values of `points` there, and between them changes as evenly as can be.

    These are linear radial basis functions, smoothed since each value has its error. Far from all points they come
    near to a constant, and a single point gives its value everywhere.
    """
    sizes, values = np.array([size for size, _ in points]), np.array([value for _, value in points])
    surface = RBFInterpolator(sizes, values, kernel="linear", smoothing=SMOOTHING, degree=0)
    return lambda size: float(surface(np.array([size]))[0])
