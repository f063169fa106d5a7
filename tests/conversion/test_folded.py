from typing import Any

import numpy as np
import pytest

import tiny
from dscnn.conversion import tflite
from dscnn.conversion.folded import Folded, folded
from dscnn.core.device import keras
from dscnn.experiment import params
from dscnn.experiment.params import Kinds, Params
from dscnn.networks.build import build

IMAGES = np.random.default_rng(0).integers(0, 256, (200, 8, 8, 8), np.uint8)
KINDS: list[Kinds] = [
    ("conv", "conv"), ("conv", "separable"), ("separable", "blueprint"), ("conv", "depthwise"), ("conv", "bottleneck"),
    ("conv", "grouped"),
]  # fmt: skip


def of_class(network: keras.Model, kind: type[keras.Layer]) -> list[Any]:
    return [layer for layer in network.layers if isinstance(layer, kind)]


def uneven(network: keras.Model, least: float) -> keras.Model:
    """Give `network` biases, and its norms factors of both signs from `least` to 1, one of zero, and offsets."""
    random = np.random.default_rng(1)
    for variable in network.weights:
        if variable.name == "bias":
            variable.assign(random.normal(0, 0.1, variable.shape))
    for norm in of_class(network, keras.layers.BatchNormalization):
        channels = norm.gamma.shape[0]
        gamma = np.geomspace(least, 1, channels) * random.choice([-1, 1], channels)
        gamma[channels // 2] = 0
        norm.set_weights([gamma, *random.normal(0, 0.1, (2, channels)), random.uniform(0.01, 2, channels)])
    return network


@pytest.fixture(scope="module", params=KINDS, ids="-".join)
def network(request: pytest.FixtureRequest) -> keras.Model:
    """A network of each kind before a norm, with factors that are large, small, negative and zero."""
    settings, kinds = params.check(tiny.params()), request.param
    return uneven(build(settings.network, kinds, 1, IMAGES.shape[1:], 3, seed=1), 1e-3)


@pytest.fixture(scope="module")
def plain(network: keras.Model) -> np.ndarray:
    """The network's probabilities before it was folded."""
    return network.predict(IMAGES, verbose=0)


@pytest.fixture(scope="module")
def found(network: keras.Model, plain: np.ndarray) -> Folded:
    return folded(network)


def test_it_is_the_same_function(network: keras.Model, plain: np.ndarray, found: Folded) -> None:
    """For each kind before a norm, and for factors that are large, small, negative and zero."""
    np.testing.assert_allclose(found.network.predict(IMAGES.astype(np.float32), verbose=0), plain, rtol=2e-5)
    assert found.kept == []
    np.testing.assert_array_equal(network.predict(IMAGES, verbose=0), plain, "the network itself is as it was")


def test_only_signs_and_offsets_are_left_of_a_norm(network: keras.Model, found: Folded) -> None:
    """No batch norm and no dropout is left; what was a norm multiplies by 1 or -1."""
    left = found.network
    assert of_class(left, keras.layers.BatchNormalization) == of_class(left, keras.layers.Dropout) == []
    for norm in of_class(network, keras.layers.BatchNormalization):
        signs, offsets = left.get_layer(norm.name).get_weights()
        assert signs.ravel().tolist() == [-1 if gamma < 0 else 1 for gamma in norm.gamma.numpy()]
        zero = np.zeros((1, 1, 1, len(offsets)), np.float32)
        np.testing.assert_allclose(offsets, np.ravel(norm(zero, training=False)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        ([keras.layers.Conv2D(4, 3, activation="relu")], []),
        ([keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.Dropout(0.1), keras.layers.MaxPooling2D()], []),
        ([keras.layers.Conv2D(4, 3, activation="gelu")], ["norm"]),
        ([keras.layers.Conv2D(4, 3, activation="relu", use_bias=False)], ["norm"]),
        ([keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.AveragePooling2D(2)], ["norm"]),
        ([keras.layers.MaxPooling2D()], ["norm"]),
    ],
)
def test_a_norm_behind_another_layer_keeps_its_factors(before: list[keras.Layer], kept: list[str]) -> None:
    """It is named, and the function is the same there too."""
    layers = [keras.Input((8, 8, 8), dtype="uint8"), keras.layers.Rescaling(1 / 255), *before]
    network = keras.Sequential([*layers, keras.layers.BatchNormalization(name="norm"), keras.layers.Flatten()])
    chain = keras.Model(network.inputs[0], network.outputs[0])
    found = folded(uneven(chain, 1e-3))
    assert found.kept == kept
    expected = chain.predict(IMAGES, verbose=0)
    np.testing.assert_allclose(found.network.predict(IMAGES.astype(np.float32), verbose=0), expected, atol=1e-5)


def hidden(network: keras.Model) -> keras.Model:
    """Make outputs of convolutions up to 300 times smaller, and factors as much larger: the same function."""
    chain = network.layers
    for norm in of_class(network, keras.layers.BatchNormalization):
        before = next(layer for layer in reversed(chain[: chain.index(norm)]) if isinstance(layer, keras.layers.Conv2D))
        small = np.geomspace(1, 1 / 300, norm.gamma.shape[0]).astype(np.float32)
        kernel, bias = before.get_weights()
        gamma, beta, mean, variance = norm.get_weights()
        before.set_weights([kernel * small, bias * small])
        norm.set_weights([gamma / small, beta, mean * small, variance])
    return network


def test_factors_of_very_different_size_survive_8_bit_integers(settings: Params) -> None:
    """Converted as it is, the network loses its small channels; folded, its probabilities are much nearer."""
    network = build(settings.network, ("conv", "conv"), 1, IMAGES.shape[1:], 3, seed=1)
    last = network.get_layer("classes").kernel
    last.assign(20 * last)  # so that an error shows in probabilities, which are in steps of 1/256
    expected = network.predict(IMAGES, verbose=0)
    hidden(network)
    np.testing.assert_allclose(network.predict(IMAGES, verbose=0), expected, rtol=1e-4)
    images = plain = keras.Input(IMAGES.shape[1:])
    for layer in network.layers[1:]:
        plain = layer(plain)
    errors = {}
    for name, form in (("as it is", keras.Model(images, plain)), ("folded", folded(network).network)):
        converted = tflite.Interpreter(tflite.converted(form, "int8", IMAGES), 1)
        errors[name] = np.abs(converted.probabilities(IMAGES) - expected).mean()
    assert errors["folded"] < errors["as it is"] / 4
