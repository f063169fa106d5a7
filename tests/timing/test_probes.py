from typing import Any

import pytest

import tiny
from dscnn.costs.predictor import traits
from dscnn.costs.trained import count
from dscnn.costs.work import same_work
from dscnn.experiment import params
from dscnn.experiment.params import Kinds
from dscnn.networks.build import build
from dscnn.networks.fused import Fused
from dscnn.timing.probes import SIZES, pairs, probes, resized, scaled

THREE: list[Kinds] = [("conv", "conv"), ("conv", "separable"), ("separable", "separable")]


def test_the_probes_by_hand(source: dict[str, Any]) -> None:
    """Images of 28 x 28 give 20 and 36; filters 64, 32, 16 give 88, 48, 24 and 48, 24, 8: eights of 1.4x and 0.7x."""
    network = params.check(source).network.model_copy(update={"filters": (512, 256, 128), "dense": (256, 128, 64)})
    found = [*probes(network, 0.125, (28, 28, 1), THREE, 4)]
    assert [probe.name for probe in found] == [
        "20x20 88-48-24 conv+conv",
        "20x20 88-48-24 separable+separable",
        "36x36 48-24-8 conv+conv",
        "36x36 48-24-8 separable+separable",
        "20x20 24-48-88 conv+conv",
        "20x20 24-48-88 separable+separable",
        "36x36 8-24-48 conv+conv",
        "36x36 8-24-48 separable+separable",
    ]
    assert [probe.network.dense for probe in found[::2]] == [(360, 176, 88), (176, 88, 48)] * 2
    assert found[0].network.model_copy(update={"filters": network.filters, "dense": network.dense}) == network
    assert [*probes(network, 0.125, (28, 28, 1), THREE, 0)] == []


@pytest.mark.parametrize(
    ("architectures", "expected"),
    [
        (THREE, [("conv", "conv"), ("separable", "separable")]),
        ([("conv", "conv")], [("conv", "conv")]),
        ([("conv", "blueprint")], [("conv", "blueprint")]),
        (
            [("conv", "separable"), ("grouped", "conv"), ("conv", "bottleneck")],
            [("conv", "conv"), ("grouped", "separable"), ("conv", "bottleneck")],
        ),
    ],
)
def test_the_pairs_have_every_kind_in_its_place(architectures: list[Kinds], expected: list[Kinds]) -> None:
    """Alike in both places where a kind stands in both; no more pairs than kinds in one place."""
    made = pairs(architectures)
    assert made == expected
    for place_ in (0, 1):
        assert {kinds[place_] for kinds in made} == {kinds[place_] for kinds in architectures}


@pytest.mark.parametrize(
    ("count_", "share", "expected"),
    [
        (64, 1.4, 88),
        (64, 0.7, 48),
        (16, 0.7, 8),
        (8, 0.7, 16),
        (8, 1.2, 16),
        (4, 0.7, 8),
        (4, 1.4, 8),
        (6, 1.4, 8),
        (1, 0.7, 2),
    ],
)
def test_a_scaled_count_is_another_and_keeps_its_divisor(count_: int, share: float, expected: int) -> None:
    """64 x 1.4 = 89.6, 11 eights; where there is no smaller one, a larger one."""
    assert scaled(count_, share) == expected


def test_a_resized_side_is_never_too_small_to_be_halved() -> None:
    """Where 0.7 of it is, the side is larger instead."""
    assert [resized(*each) for each in ((28, 0.7, 8), (28, 1.3, 8), (8, 0.7, 8), (9, 0.7, 8))] == [20, 36, 11, 13]


KINDS: list[Kinds] = [
    ("conv", "conv"),
    ("separable", "separable"),
    ("blueprint", "blueprint"),
    ("grouped", "grouped"),
    ("bottleneck", "bottleneck"),
    ("depthwise", "conv"),
]


@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("width", [0.125, 0.0625])
def test_a_probe_has_each_kind_of_layer_of_the_experiment_in_another_size(kinds: Kinds, width: float) -> None:
    """Every group of an architecture's layers is in a probe; of those, no convolution does the work of one of its."""
    settings = params.load(tiny.PROJECT / "presets/quick.yaml")
    growing = (128, 256, 512) if kinds[0] == "depthwise" else settings.network.filters
    network, image, batch = settings.network.model_copy(update={"filters": growing}), (28, 28, 1), 4
    own = [row.flat() for row in count(Fused(build(network, kinds, width, image, 10)), batch)]
    made = [
        row.flat()
        for probe in probes(network, width, image, [kinds], 2)
        for row in count(Fused(build(probe.network, probe.kinds, 1, probe.shape, 10)), batch)
    ]

    def groups(rows: list[dict[str, Any]]) -> set[object]:
        return {traits(row, batch, False).group for row in rows if row["forward_passes"]}

    assert groups(own) <= groups(made)
    convolutions = {same_work(row) for row in own if row["macs"] and "Conv" in row["layer_class"]}
    assert convolutions.isdisjoint(map(same_work, made))


def test_no_size_is_the_experiments() -> None:
    """Each is off in side and in filters, and they lie on both sides."""
    assert all(1 not in (side, share) for side, share, _ in SIZES)
    for axis in (0, 1):
        for first in range(0, len(SIZES), 2):
            low, high = sorted(size[axis] for size in SIZES[first : first + 2])
            assert low < 1 < high
    assert len(set(SIZES)) == len(SIZES) == 8
