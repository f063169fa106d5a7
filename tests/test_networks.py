from collections.abc import Iterator

import numpy as np
import pytest

from conftest import PROJECT
from dscnn import networks, params
from dscnn.device import keras

REFERENCE = params.load(PROJECT / "presets/cifar10.yaml")
CIFAR = (32, 32, 3)


@pytest.fixture(autouse=True)
def _defaults() -> Iterator[None]:
    """Keras's global settings are put back."""
    yield
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("float32")


def reference(kinds: params.Kinds, **more: int) -> keras.Model:
    return networks.build(REFERENCE.network, kinds, 1.0, CIFAR, 10, **more)


def tiny(settings: params.Params, kinds: params.Kinds, seed: int = 0) -> keras.Model:
    return networks.build(settings.network, kinds, 1, (8, 8, 1), 3, seed)


PUBLISHED = [
    ("RegularConv", 5_156_682, 5_154_890),
    ("BothConv", 2_412_234, 2_410_442),
    ("SeparableConv", 1_096_165, 1_094_373),
]


@pytest.mark.parametrize(("name", "total", "trainable"), PUBLISHED)
def test_the_reference_experiments_parameters(name: str, total: int, trainable: int) -> None:
    """Figure 3 of the notebook, to the last parameter; Keras's own count."""
    model = reference(REFERENCE.architectures[name])
    assert model.count_params() == total
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == trainable


def test_architectures_differ_in_their_convolutions_only() -> None:
    """Same names, same order, same settings, same shapes everywhere else."""
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
    """ConvLast: [separable, conv] is built like the other three."""
    model = reference(("separable", "conv"))
    kinds = [type(layer).__name__ for layer in model.layers if "_conv" in layer.name]
    assert kinds == ["SeparableConv2D", "Conv2D"] * 3
    assert [model.get_layer(f"block{i}_conv2").filters for i in (1, 2, 3)] == [512, 256, 128]


def test_the_blocks_are_those_of_the_reference() -> None:
    """conv, dropout .35, conv, pool 2, batch norm, dropout .3; dense 256, 128, 64 with dropout .4 after two of them."""
    layers = reference(("conv", "conv")).layers
    block = [type(layer).__name__ for layer in layers[2:8]]
    assert block == ["Conv2D", "Dropout", "Conv2D", "MaxPooling2D", "BatchNormalization", "Dropout"]
    assert [layer.rate for layer in layers if isinstance(layer, keras.layers.Dropout)] == [0.35, 0.3] * 3 + [0.4, 0.4]
    dense = [layer for layer in layers if isinstance(layer, keras.layers.Dense)]
    assert [layer.units for layer in dense] == [256, 128, 64, 10]
    assert [layer.activation.__name__ for layer in dense] == ["relu", "relu", "relu", "softmax"]


def by_hand(kind: str, channels: int, filters: int) -> int:
    """Return weights of a convolution of a kind, biases included, with a kernel of 3 x 3."""
    narrow = filters // 4
    return {
        "blueprint": channels * filters + 9 * filters + filters,
        "grouped": 9 * channels // 8 * filters + filters,
        "bottleneck": channels * narrow + narrow + 9 * narrow**2 + narrow + narrow * filters + filters,
        "depthwise": 9 * filters + filters,
    }[kind]


@pytest.mark.parametrize("kind", ["blueprint", "grouped", "bottleneck", "depthwise"])
def test_other_kinds_for_the_same_slot(kind: params.Kind) -> None:
    """Weights by hand for the second convolutions, of 512, 256 and 128 filters; the shapes are those of the others."""
    model = reference(("conv", kind))
    for block, filters in ((1, 512), (2, 256), (3, 128)):
        found = [layer for layer in model.layers if layer.name.startswith(f"block{block}_conv2")]
        assert sum(layer.count_params() for layer in found) == by_hand(kind, filters, filters)
        assert found[-1].output.shape[-1] == filters
        assert all(layer.output.shape[1] == 32 >> (block - 1) for layer in found)


def test_a_blueprint_is_pointwise_and_then_depthwise_with_one_relu() -> None:
    """BSConv-U, arXiv 2003.13549; a bottleneck has a ReLU behind each of its three."""
    layers = {layer.name: layer for layer in reference(("blueprint", "bottleneck")).layers}
    first, second = layers["block1_conv1_pointwise"], layers["block1_conv1"]
    assert (first.kernel_size, first.use_bias, first.activation.__name__) == ((1, 1), False, "linear")
    assert (type(second).__name__, second.activation.__name__) == ("DepthwiseConv2D", "relu")
    assert second.input is first.output
    three = [layers[f"block1_conv2{suffix}"] for suffix in ("_reduce", "", "_expand")]
    assert [layer.filters for layer in three] == [128, 128, 512]
    assert {layer.activation.__name__ for layer in three} == {"relu"}


def test_groups_are_as_many_as_divide_both_counts() -> None:
    """Three channels of an image cannot be eight groups."""
    model = reference(("grouped", "grouped"))
    assert [model.get_layer(f"block{i}_conv{j}").groups for i in (1, 2) for j in (1, 2)] == [1, 8, 8, 8]


def test_a_depthwise_convolution_multiplies_channels() -> None:
    """One channel of an image becomes eight, each from it alone."""
    settings = REFERENCE.network.model_copy(update={"filters": (8, 8)})
    model = networks.build(settings, ("depthwise", "depthwise"), 1, (8, 8, 1), 3)
    assert [model.get_layer(f"block1_conv{i}").depth_multiplier for i in (1, 2)] == [8, 1]


def test_a_width_multiplies_all_filters() -> None:
    """An eighth of 512, 256 and 128; the dense layers stay."""
    model = networks.build(REFERENCE.network, ("conv", "separable"), 0.125, CIFAR, 10)
    assert [model.get_layer(f"block{i}_conv{j}").filters for i in (1, 2, 3) for j in (1, 2)] == [64, 64, 32, 32, 16, 16]
    assert model.get_layer("dense1").units == 256


def test_pixels_are_scaled_inside(settings: params.Params) -> None:
    """uint8 in, probabilities out; 255 becomes 1."""
    model = tiny(settings, ("conv", "conv"))
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), np.uint8)
    probabilities = np.asarray(model(images))
    assert probabilities.shape == (5, 3)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    scaled = keras.Model(model.input, model.get_layer("scale").output)
    np.testing.assert_allclose(np.asarray(scaled(images)), images / np.float32(255), rtol=1e-6)


def test_a_seed_decides_all_weights(settings: params.Params) -> None:
    """The same again; other weights with another seed."""
    first, second, other = (tiny(settings, ("conv", "separable"), seed) for seed in (1, 1, 2))
    for one, same, another in zip(first.weights, second.weights, other.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), same.numpy())
        if "kernel" in one.path:
            assert (one.numpy() != another.numpy()).any()


def test_architectures_of_a_seed_share_what_they_have_in_common(settings: params.Params) -> None:
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


def test_channels_first_is_the_same_network(settings: params.Params) -> None:
    """The same weights give the same probabilities for transposed images; the flattened order differs."""
    last = tiny(settings, ("conv", "separable"), 1)
    keras.config.set_image_data_format("channels_first")
    first = tiny(settings, ("conv", "separable"), 1)
    assert first.input_shape == (None, 1, 8, 8)
    assert first.count_params() == last.count_params()
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1), np.uint8)
    # 8 pixels pooled three times are one, so flattening changes no order here
    np.testing.assert_allclose(
        np.asarray(first(images.transpose(0, 3, 1, 2))), np.asarray(last(images)), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_ends_in_float32(settings: params.Params, precision: str) -> None:
    """Weights and probabilities are float32, the convolutions compute in 16 bits."""
    keras.config.set_dtype_policy(precision)
    model = tiny(settings, ("conv", "separable"))
    assert model.get_layer("block1_conv1").compute_dtype == precision.removeprefix("mixed_")
    assert {weight.dtype for weight in model.trainable_weights} == {"float32"}
    assert model.output.dtype == "float32"
