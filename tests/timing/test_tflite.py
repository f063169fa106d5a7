import numpy as np
import pytest

import tiny
from dscnn.core.device import keras
from dscnn.experiment import params
from dscnn.networks.build import build
from dscnn.timing import tflite

IMAGES = np.random.default_rng(0).integers(0, 256, (120, 8, 8, 1), np.uint8)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    settings = params.check(tiny.params())
    return build(settings.network, ("conv", "separable"), 1, (8, 8, 1), 3, seed=1)


def test_float32_gives_the_networks_probabilities(network: keras.Model) -> None:
    """It does so for any number of images, also one that batches do not divide."""
    content = tflite.converted(network, "float32", IMAGES[:0])
    found = tflite.Interpreter(content, 1).probabilities(IMAGES)
    np.testing.assert_allclose(found, network.predict(IMAGES, verbose=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(tflite.Interpreter(content, 2)(IMAGES[:1]), found[:1], rtol=1e-4, atol=1e-6)
    assert len(content) > 4 * network.count_params()


def test_int8_is_integers_throughout(network: keras.Model) -> None:
    """Bytes go in and out, no number inside is a float, and probabilities are near the network's."""
    content = tflite.converted(network, "int8", IMAGES)
    interpreter = tflite.Interpreter(content, 1)
    assert interpreter.input["dtype"] == interpreter.output["dtype"] == np.uint8
    assert interpreter.input["quantization"] == (1.0, 0), "a byte of an image is the same number inside"
    found = interpreter.probabilities(IMAGES)
    assert np.unique(found * 256).tolist() == np.unique(np.round(found * 256)).tolist()
    np.testing.assert_allclose(found, network.predict(IMAGES, verbose=0), atol=0.05)
    types = {each["dtype"] for each in interpreter.interpreter.get_tensor_details()}
    assert np.float32 not in types
