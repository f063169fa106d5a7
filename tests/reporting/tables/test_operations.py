from typing import get_args

import pytest

import tiny
from dscnn.costs import counter
from dscnn.experiment.params import Kind, Network
from dscnn.networks.build import build
from dscnn.reporting.tables.operations import operation

FIRST = {
    "separable": {"/depthwise", "/pointwise"},
    "blueprint": {"_pointwise"},
    "bottleneck": {"_reduce", ""},
    "depthwise": set(),
}
SECOND = {
    "conv": {"": "convolution"},
    "separable": {"/depthwise": "depthwise", "/pointwise": "pointwise"},
    "blueprint": {"_pointwise": "pointwise", "": "depthwise"},
    "grouped": {"": "convolution"},
    "bottleneck": {"_reduce": "pointwise", "": "convolution", "_expand": "pointwise"},
    "depthwise": {"": "depthwise"},
}


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_layer_of_every_kind_of_network_has_an_operation(kind: Kind) -> None:
    """What sees the images is the first convolution; 1 x 1 convolutions are pointwise, wherever they come from."""
    network = Network(**tiny.params()["network"])
    rows = counter.count(build(network, (kind, kind), 1.0, (32, 32, 2), 10))
    found = {row.name: operation(row.name, row.layer_class) for row in rows}
    assert found["dense1"] == "dense"
    firsts = {name.removeprefix("block1_conv1") for name in found if found[name] == "first convolution"}
    assert firsts == FIRST.get(kind, {""})
    second = {
        name.removeprefix("block1_conv2"): each for name, each in found.items() if name.startswith("block1_conv2")
    }
    assert second == SECOND[kind]
