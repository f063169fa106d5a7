import pytest

from dscnn.core.device import keras
from dscnn.costs.keras_flops import keras_flops
from dscnn.experiment import params
from dscnn.networks.build import build
from tiny import PROJECT

REFERENCE = params.load(PROJECT / "presets/cifar10.yaml")
FIGURE_5 = [("RegularConv", 14.914), ("BothConv", 3.217), ("SeparableConv", 1.699)]


@pytest.mark.parametrize(("name", "published"), FIGURE_5)
def test_figure_5_of_the_reference_experiment(name: str, published: float) -> None:
    """The FLOPs of a batch of 256 agree to the digits published, in units of 1e11."""
    model = build(REFERENCE.network, REFERENCE.architectures[name], 1.0, (32, 32, 3), 10)
    flops, _ = keras_flops(model, 256)
    assert flops
    assert round(flops / 1e11, 3) == published


def test_a_dense_layer_by_hand(capfd: pytest.CaptureFixture[str]) -> None:
    """An image takes 2 x 5 x 3 for the product and 3 for the bias; the profiler's table is not printed."""
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    assert keras_flops(model, 1) == (33, {"BiasAdd": 3, "MatMul": 30})
    assert keras_flops(model, 4)[0] == 132
    assert capfd.readouterr() == ("", "")


def test_what_the_profiler_cannot_look_into_has_no_sum() -> None:
    """A grouped convolution is a function of its own on a CPU, and would count nothing."""
    model = keras.Sequential([keras.Input((4, 4, 4)), keras.layers.Conv2D(4, 3, groups=2), keras.layers.Flatten()])
    flops, by_operation = keras_flops(model, 1)
    assert flops is None
    assert "Conv2D" not in by_operation
