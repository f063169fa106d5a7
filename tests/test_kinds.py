import pytest

from conftest import PROJECT
from dscnn import counter, kinds, networks, params

REFERENCE = params.load(PROJECT / "presets/cifar10.yaml")


@pytest.mark.parametrize("kind", ["conv", "separable", "blueprint", "grouped", "bottleneck"])
def test_every_pass_of_every_kind_of_network_has_a_kind(kind: params.Kind) -> None:
    """The first convolution is its own, 1 x 1 convolutions are pointwise, wherever they come from."""
    rows = counter.count(networks.build(REFERENCE.network, (kind, kind), 0.125, (32, 32, 3), 10))
    found = {row.name: kinds.kind(row.name, row.kind) for row in rows}
    assert found["dense1"] == "dense"
    firsts = [row.name.removeprefix("block1_conv1") for row in rows if found[row.name] == "first convolution"]
    assert firsts == {
        "separable": ["/depthwise", "/pointwise"],
        "blueprint": ["_pointwise"],
        "bottleneck": ["_reduce", ""],
    }.get(kind, [""])
    second = {row.name.removeprefix("block1_conv2"): found[row.name] for row in rows if "block1_conv2" in row.name}
    assert (
        second
        == {
            "conv": {"": "convolution"},
            "separable": {"/depthwise": "depthwise", "/pointwise": "pointwise"},
            "blueprint": {"_pointwise": "pointwise", "": "depthwise"},
            "grouped": {"": "convolution"},
            "bottleneck": {"_reduce": "pointwise", "": "convolution", "_expand": "pointwise"},
        }[kind]
    )
