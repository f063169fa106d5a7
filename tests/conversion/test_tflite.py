import numpy as np
import pytest

import tiny
from dscnn.conversion import tflite
from dscnn.conversion.folded import folded
from dscnn.core.device import keras
from dscnn.core.stage import Problem
from dscnn.experiment import params
from dscnn.networks.build import build

IMAGES = np.random.default_rng(0).integers(0, 256, (120, 8, 8, 1), np.uint8)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    settings = params.check(tiny.params())
    return build(settings.network, ("conv", "separable"), 1, (8, 8, 1), 3, seed=1)


@pytest.fixture(scope="module")
def float32(network: keras.Model) -> bytes:
    return tflite.converted(folded(network).network, "float32", IMAGES[:0])


@pytest.fixture(scope="module", params=[255, 99])
def int8(network: keras.Model, request: pytest.FixtureRequest) -> bytes:
    """Calibrated with images of which the brightest value is that."""
    return tflite.converted(folded(network).network, "int8", np.minimum(IMAGES, request.param))


def test_float32_gives_the_networks_probabilities(network: keras.Model, float32: bytes) -> None:
    """It does so for any number of images, also one that batches do not divide."""
    found = tflite.Interpreter(float32, 1).probabilities(IMAGES)
    np.testing.assert_allclose(found, network.predict(IMAGES, verbose=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(tflite.Interpreter(float32, 2)(IMAGES[:1]), found[:1], rtol=1e-4, atol=1e-6)
    assert len(float32) > 4 * network.count_params()


def test_int8_is_integers_throughout(network: keras.Model, int8: bytes) -> None:
    """Bytes go in and out, no number inside is a float, and probabilities are near the network's.

    That is so for images of any brightness, however bright those of the calibration were.
    """
    interpreter = tflite.Interpreter(int8, 1)
    assert interpreter.input["dtype"] == interpreter.output["dtype"] == np.uint8
    assert interpreter.input["quantization"] == (1.0, 0), "a byte of an image is the same number inside"
    found = interpreter.probabilities(IMAGES)
    assert np.unique(found * 256).tolist() == np.unique(np.round(found * 256)).tolist()
    np.testing.assert_allclose(found, network.predict(IMAGES, verbose=0), atol=0.05)
    types = {each["dtype"] for each in interpreter.interpreter.get_tensor_details()}
    assert np.float32 not in types


def test_calibration_leaves_the_images_as_they_are() -> None:
    """The black and the white value are in a copy, at either end of its first image."""
    dark = np.minimum(IMAGES, 99)
    changed = tflite.whole_range(dark)
    assert dark.max() == 99
    assert (changed[0, 0, 0, 0], changed[0, -1, -1, -1], (changed != dark).sum()) == (0, 255, 2)


def test_numbers_inside_by_hand() -> None:
    """They follow scale and zero point of the tensor, and end where its type ends."""
    tensor = {"dtype": np.int8, "quantization": (0.5, -10)}
    assert tflite.quantized(np.array([0, 5, 10.1, 255, -255]), tensor).tolist() == [-10, 0, 10, 127, -128]
    assert tflite.dequantized(np.array([-10, 0, 10], np.int8), tensor).tolist() == [0, 5, 10]
    byte = {"dtype": np.uint8, "quantization": (1.0, 0)}
    assert tflite.quantized(IMAGES, byte) is IMAGES
    assert tflite.quantized(np.array([-1.0, 254.6, 256.0]), byte).tolist() == [0, 255, 255]
    plain = {"dtype": np.float32, "quantization": (0.0, 0)}
    assert tflite.quantized(np.array([0, 255]), plain).tolist() == [0, 255]
    assert tflite.dequantized(np.array([0.25, 0.75]), plain).tolist() == [0.25, 0.75]


def test_what_its_kernels_refuse_is_a_problem() -> None:
    """Of a layer that is 0 for every image the range is nothing."""
    settings = params.check(tiny.params())
    nothing = build(settings.network, ("bottleneck", "bottleneck"), 0.5, (8, 8, 1), 3, seed=1)
    for variable in nothing.get_layer("block1_conv1").weights:
        variable.assign(0 * variable)
    interpreter = tflite.Interpreter(tflite.converted(folded(nothing).network, "int8", IMAGES), 1)
    with pytest.raises(Problem, match=r"cannot run the converted network .*: leave its format out of deploy"):
        interpreter(IMAGES[:1])


def test_the_interpreter_as_installed_delegates(float32: bytes, int8: bytes) -> None:
    """Stages deploy and latency say that the delegate computes, for both forms."""
    for content in (float32, int8):
        interpreter = tflite.Interpreter(content, 1)
        interpreter(IMAGES[:1])
        assert "DELEGATE" in {each["op_name"] for each in interpreter.interpreter._get_ops_details()}
