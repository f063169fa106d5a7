"""Probe networks: layers like those of an experiment in other sizes, from whose times theirs are predicted.

A predictor must not be fitted to what it predicts. So the images of a probe have another side, its blocks other
filters and its dense layers other units; they lie on both sides of the experiment's. Counts of filters keep what
divides them, up to 8: kernels for processors compute so many channels at a time, and grouped convolutions have so many
groups.
"""

from collections.abc import Iterable, Iterator
from math import gcd
from typing import NamedTuple

from dscnn.core.schema import Shape
from dscnn.experiment.params import Kinds, Network

# the side of the images and the numbers of filters and units, as shares of the experiment's; whether the blocks' order
# of filters is turned round. What one has more of in places, it has less of in channels: all take about as long.
SIZES = (
    (0.7, 1.4, False), (1.3, 0.7, False), (0.7, 1.4, True), (1.3, 0.7, True),
    (0.8, 0.8, False), (1.2, 1.2, False), (0.8, 0.8, True), (1.2, 1.2, True),
)  # fmt: skip
ALIGNED = 8


class Probe(NamedTuple):
    """What `dscnn.networks.build.build` makes a probe network of, at width 1."""

    network: Network
    kinds: Kinds
    shape: Shape

    @property
    def name(self) -> str:
        filters = "-".join(map(str, self.network.filters))
        return f"{'x'.join(map(str, self.shape[:2]))} {filters} {'+'.join(self.kinds)}"


def probes(network: Network, width: float, shape: Shape, architectures: Iterable[Kinds], sizes: int) -> Iterator[Probe]:
    """Yield `sizes` probes for each pair of kinds of convolution: those of `pairs`."""
    filters = [round(count * width) for count in network.filters]
    for side, share, turned in SIZES[:sizes]:
        for kinds in pairs(architectures):
            if kinds[0] == "depthwise":  # makes whole multiples of its channels
                first = scaled(filters[0], share, ALIGNED * shape[2])
                own = [first * count // filters[0] for count in filters]
            else:
                own = [scaled(count, share) for count in filters][:: -1 if turned else 1]
            units = tuple(scaled(count, share) for count in network.dense)
            height, columns = (resized(pixels, side, 2 ** len(filters)) for pixels in shape[:2])
            changed = network.model_copy(update={"filters": tuple(own), "dense": units})
            yield Probe(changed, kinds, (height, columns, shape[2]))


def pairs(architectures: Iterable[Kinds]) -> list[Kinds]:
    """Return the fewest pairs with every first and every second kind of `architectures`, alike in both if it can be."""
    firsts, seconds = ([*dict.fromkeys(kinds)] for kinds in zip(*architectures, strict=True))
    common = [kind for kind in firsts if kind in seconds]
    firsts, seconds = (common + [kind for kind in kinds if kind not in common] for kinds in (firsts, seconds))
    return [(firsts[i % len(firsts)], seconds[i % len(seconds)]) for i in range(max(len(firsts), len(seconds)))]


def scaled(count: int, share: float, aligned: int = ALIGNED) -> int:
    """Return about `share` of `count`, but another number, and a multiple of what divides `count` and `aligned`."""
    unit = gcd(count, aligned)
    units, made = count // unit, round(count * share / unit)
    if made == units:
        made += 1 if share > 1 else -1
    return unit * made if made > 0 else unit * (units + 1)


def resized(pixels: int, share: float, least: int) -> int:
    """Return `share` of `pixels`, or as much more if that is less than `least`, which `pixels` are at least."""
    made = round(pixels * share)
    return made if made >= least else round(pixels / share)
