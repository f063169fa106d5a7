from collections.abc import Iterator

import numpy as np
import pytest

from dscnn.core.device import keras
from dscnn.core.stage import Problem
from dscnn.experiment import params
from dscnn.experiment.params import Kinds, Params
from dscnn.networks.build import build, laid_out, restore
from tiny import PROJECT

REFERENCE = params.load(PROJECT / "presets/cifar10.yaml")
CIFAR = (32, 32, 3)


@pytest.fixture(autouse=True)
def _defaults() -> Iterator[None]:
    """Put Keras's global settings back."""
    yield
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("float32")


def reference(kinds: Kinds) -> keras.Model:
    return build(REFERENCE.network, kinds, 1.0, CIFAR, 10)


def tiny(settings: Params, kinds: Kinds, seed: int = 0) -> keras.Model:
    return build(settings.network, kinds, 1, (8, 8, 1), 3, seed)


PUBLISHED = [
    ("RegularConv", 5_156_682, 5_154_890),
    ("BothConv", 2_412_234, 2_410_442),
    ("SeparableConv", 1_096_165, 1_094_373),
]


@pytest.mark.parametrize(("name", "total", "trainable"), PUBLISHED)
def test_the_reference_experiments_parameters(name: str, total: int, trainable: int) -> None:
    """Keras counts what figure 3 of the notebook says, to the last parameter."""
    model = reference(REFERENCE.architectures[name])
    assert model.count_params() == total
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == trainable


def test_architectures_differ_in_their_convolutions_only() -> None:
    """Names, order, settings and shapes are the same everywhere else."""
    regular, separable = (reference(REFERENCE.architectures[name]) for name in ("RegularConv", "SeparableConv"))
    different = []
    for one, other in zip(regular.layers, separable.layers, strict=True):
        assert (one.name, one.output.shape) == (other.name, other.output.shape)
        if type(one) is not type(other):
            different.append(one.name)
        else:
            assert one.get_config() == other.get_config()
    assert different == [f"block{block}_conv{conv}" for block in (1, 2, 3) for conv in (1, 2)]


def test_a_fourth_architecture_is_two_words() -> None:
    """The other order, [separable, conv], is built like the other three."""
    model = reference(("separable", "conv"))
    found = [type(layer).__name__ for layer in model.layers if "_conv" in layer.name]
    assert found == ["SeparableConv2D", "Conv2D"] * 3
    assert [model.get_layer(f"block{i}_conv2").filters for i in (1, 2, 3)] == [512, 256, 128]


def test_the_blocks_are_those_of_the_reference() -> None:
    """They have dropout .35 and .3; two of the dense layers of 256, 128 and 64 units have dropout .4 after them."""
    layers = reference(("conv", "conv")).layers
    block = [type(layer).__name__ for layer in layers[2:8]]
    assert block == ["Conv2D", "Dropout", "Conv2D", "MaxPooling2D", "BatchNormalization", "Dropout"]
    assert [layer.rate for layer in layers if isinstance(layer, keras.layers.Dropout)] == [0.35, 0.3] * 3 + [0.4, 0.4]
    dense = [layer for layer in layers if isinstance(layer, keras.layers.Dense)]
    assert [layer.units for layer in dense] == [256, 128, 64, 10]
    assert [layer.activation.__name__ for layer in dense] == ["relu", "relu", "relu", "softmax"]


def test_a_width_multiplies_all_filters() -> None:
    """An eighth of 512, 256 and 128 is left; the dense layers stay."""
    model = build(REFERENCE.network, ("conv", "separable"), 0.125, CIFAR, 10)
    assert [model.get_layer(f"block{i}_conv{j}").filters for i in (1, 2, 3) for j in (1, 2)] == [64, 64, 32, 32, 16, 16]
    assert model.get_layer("dense1").units == 256


def test_pixels_are_scaled_inside(settings: Params) -> None:
    """The network takes uint8 and gives probabilities; 255 becomes 1."""
    model = tiny(settings, ("conv", "conv"))
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), np.uint8)
    probabilities = np.asarray(model(images))
    assert probabilities.shape == (5, 3)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    scaled = keras.Model(model.input, model.get_layer("scale").output)
    np.testing.assert_allclose(np.asarray(scaled(images)), images / np.float32(255), rtol=1e-6)


def test_pixels_are_standardised_inside(settings: Params) -> None:
    """With a mean of .5 and a deviation of .25, 0 becomes -2 and 255 becomes 2."""
    network = settings.network.model_copy(update={"pixel_mean": 0.5, "pixel_std": 0.25})
    model = build(network, ("conv", "conv"), 0.5, (8, 8, 1), 3)
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), np.uint8)
    images[0, 0, :2, 0] = 0, 255
    scaled = np.asarray(keras.Model(model.input, model.get_layer("scale").output)(images))
    np.testing.assert_allclose(scaled[0, 0, :2, 0], [-2, 2], atol=1e-6)
    np.testing.assert_allclose(scaled, (images / 255 - 0.5) / 0.25, atol=1e-5)


def test_a_seed_decides_all_weights(settings: Params) -> None:
    """The same seed gives the same weights, another seed gives others."""
    first, second, other = (tiny(settings, ("conv", "separable"), seed) for seed in (1, 1, 2))
    for one, same, another in zip(first.weights, second.weights, other.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), same.numpy())
        if "kernel" in one.path:
            assert (one.numpy() != another.numpy()).any()


def test_architectures_of_a_seed_share_what_they_have_in_common(settings: Params) -> None:
    """The dense layers start equal, and every dropout draws the same stream: the comparison is paired."""
    one, other = tiny(settings, ("conv", "conv"), 1), tiny(settings, ("separable", "separable"), 1)
    for name in ("dense1", "classes"):
        for a, b in zip(one.get_layer(name).weights, other.get_layer(name).weights, strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())
    seeds = [
        [layer.seed for layer in model.layers if isinstance(layer, keras.layers.Dropout)] for model in (one, other)
    ]
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0])) == len(seeds[0])


def test_channels_first_is_the_same_network(settings: Params) -> None:
    """Its weights are the same by name; tests/stages/test_train.py compares what it computes, which needs oneDNN."""
    last = tiny(settings, ("conv", "separable"), 1)
    keras.config.set_image_data_format("channels_first")
    first = tiny(settings, ("conv", "separable"), 1)
    assert first.input_shape == (None, 1, 8, 8)
    assert [layer.output.shape[1] for layer in first.layers if "_pool" in layer.name] == [8, 8, 8]
    for one, other in zip(first.weights, last.weights, strict=True):
        assert one.path == other.path
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_images_are_laid_out_channels_first() -> None:
    """A pixel of image 1, row 2, column 3 and channel 1 is found there; with channels last nothing is copied."""
    images = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    assert laid_out(images) is images
    keras.config.set_image_data_format("channels_first")
    moved = laid_out(images)
    assert moved.shape == (2, 3, 4, 5)
    assert moved[1, 1, 2, 3] == images[1, 2, 3, 1]
    assert moved.flags.c_contiguous


def test_weights_are_restored_by_name(settings: Params) -> None:
    """The weights of another network are refused."""
    one, other = (tiny(settings, ("conv", "conv"), seed) for seed in (1, 2))
    weights = {variable.path: variable.numpy() for variable in one.weights}
    restore(other, weights, "1.npz")
    for variable in other.weights:
        np.testing.assert_array_equal(variable.numpy(), weights[variable.path])
    separable = tiny(settings, ("conv", "separable"))
    wider = build(settings.network, ("conv", "conv"), 2, (8, 8, 1), 3)
    for another in (separable, wider):
        with pytest.raises(Problem, match=r"1\.npz holds the weights of another network"):
            restore(another, weights, "1.npz")


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_ends_in_float32(settings: Params, precision: str) -> None:
    """Weights and probabilities are float32, the convolutions compute in 16 bits."""
    keras.config.set_dtype_policy(precision)
    model = tiny(settings, ("conv", "separable"))
    assert model.get_layer("block1_conv1").compute_dtype == precision.removeprefix("mixed_")
    assert {weight.dtype for weight in model.trainable_weights} == {"float32"}
    assert model.output.dtype == "float32"
