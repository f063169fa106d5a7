"""The counter against published figures, the reference experiment's and TensorFlow's own profiler."""

from typing import Any

import pytest

from dscnn.core.device import keras
from dscnn.core.stage import Problem
from dscnn.costs import counter
from dscnn.costs.keras_flops import keras_flops
from dscnn.costs.work import total
from dscnn.experiment import params
from dscnn.networks.build import build
from tiny import PROJECT

L = keras.layers
REFERENCE = params.load(PROJECT / "presets/cifar10.yaml")
MACS = [("RegularConv", 2_911_937_152), ("BothConv", 627_229_312), ("SeparableConv", 330_788_480)]


def reference(name: str) -> Any:
    return build(REFERENCE.network, REFERENCE.architectures[name], 1.0, (32, 32, 3), 10)


def closed_form(kinds: tuple[str, str]) -> tuple[int, int]:
    """Return multiply-adds and parameters of the reference network, from the textbook formulas alone."""
    macs, parameters, side, channels = 0, 0, 32, 3
    for filters in (512, 256, 128):
        for kind in kinds:
            if kind == "conv":
                macs += side * side * 9 * channels * filters
                parameters += 9 * channels * filters + filters
            else:
                macs += side * side * (9 * channels + channels * filters)
                parameters += 9 * channels + channels * filters + filters
            channels = filters
        side //= 2
        parameters += 4 * filters  # batch norm: scale, shift, mean, variance
    units = side * side * channels
    for width in (256, 128, 64, 10):
        macs += units * width
        parameters += units * width + width
        units = width
    return macs, parameters


@pytest.mark.parametrize(("name", "macs"), MACS)
def test_the_reference_networks_multiply_adds(name: str, macs: int) -> None:
    """The counter, the published number and the closed form agree to the last multiply-add."""
    sums = total(counter.count(reference(name)))
    assert (sums["macs"], sums["parameters"]) == closed_form(REFERENCE.architectures[name])
    assert sums["macs"] == macs


def test_the_ratio_of_a_separable_layer_is_that_of_the_paper() -> None:
    """Each takes 1/N + 1/9 of a full convolution's multiply-adds (MobileNet, arXiv 1704.04861, section 3.1)."""
    full = {row.name: row.macs for row in counter.count(reference("RegularConv"))}
    halves = counter.count(reference("SeparableConv"))
    for block, filters in ((1, 512), (2, 256), (3, 128)):
        for number in (1, 2):
            name = f"block{block}_conv{number}"
            separable = sum(row.macs for row in halves if row.name.startswith(name))
            assert separable / full[name] == pytest.approx(1 / filters + 1 / 9, rel=1e-12)


PUBLISHED = [
    # network, its arguments, million multiply-adds, million parameters as published
    ("MobileNet", {}, 569, 4.2),  # arXiv 1704.04861, table 4
    ("MobileNet", {"alpha": 0.5}, 149, 1.3),  # table 6
    ("MobileNetV2", {}, 300, 3.4),  # arXiv 1801.04381, table 4
    ("ResNet50", {}, 3.9e3, 25.6),  # arXiv 1512.03385 says 3.8, with the stride in the first 1 x 1 convolution
    ("VGG16", {}, 15.5e3, 138),  # arXiv 1409.1556, table 2 for the parameters
    ("EfficientNetB0", {}, 390, 5.3),  # arXiv 1905.11946, table 2
]


@pytest.mark.parametrize(("name", "arguments", "macs", "parameters"), PUBLISHED)
def test_published_figures(name: str, arguments: dict[str, float], macs: float, parameters: float) -> None:
    """They agree to two digits; papers leave out batch norm's moving averages, which are not trained."""
    sums = total(counter.count(getattr(keras.applications, name)(weights=None, **arguments)))
    assert sums["macs"] / 1e6 == pytest.approx(macs, rel=0.015)
    assert sums["trainable_parameters"] / 1e6 == pytest.approx(parameters, rel=0.035)


@pytest.mark.parametrize("name", [name for name, _ in MACS])
def test_tensorflows_profiler_line_by_line(name: str) -> None:
    """Both are equal where they count the same, and each difference has its reason."""
    batch = 256
    model = reference(name)
    rows = counter.count(model, batch)
    theirs = keras_flops(model, batch)[1]

    def macs(*classes: str) -> int:
        return sum(2 * row.macs for row in rows if row.layer_class in classes)

    def numbers(*classes: str) -> int:
        """Return how many numbers the outputs of layers of these classes have."""
        found = [layer for layer in model.layers if type(layer).__name__ in classes]
        return sum(batch * int(keras.ops.prod(layer.output.shape[1:])) for layer in found)

    convolutions = numbers("Conv2D", "SeparableConv2D")
    dense = numbers("Dense")
    probabilities = batch * 10
    assert theirs.pop("Conv2D") == macs("Conv2D", "PointwiseConv2D")
    assert theirs.pop("DepthwiseConv2dNative", 0) == macs("DepthwiseConv2D")
    assert theirs.pop("MatMul") == macs("Dense")
    assert theirs.pop("BiasAdd") == convolutions + dense
    assert theirs.pop("Softmax") == 5 * probabilities
    # the profiler takes n comparisons for a window of n
    assert theirs.pop("MaxPool") == 4 * numbers("MaxPooling2D")
    # scaling pixels is a product and, though by zero, a sum; so is batch norm, after five steps for each channel
    pixels, channels = batch * 32 * 32 * 3, 512 + 256 + 128
    assert theirs.pop("Mul") == numbers("BatchNormalization") + pixels + 2 * channels
    assert theirs.pop("AddV2") == numbers("BatchNormalization") + pixels + channels
    assert theirs.pop("Sub") == channels
    assert theirs.pop("Rsqrt") == 2 * channels
    assert not theirs, "ReLU is not among them"
    ours: dict[str, int] = {}
    for row in rows:
        ours[row.layer_class] = ours.get(row.layer_class, 0) + row.inference.flops - 2 * row.macs
    assert ours["BatchNormalization"] == 2 * numbers("BatchNormalization")
    assert ours["MaxPooling2D"] == 3 * numbers("MaxPooling2D")
    assert ours["Rescaling"] == pixels
    biases_and_relus = ours.get("Conv2D", 0) + ours.get("PointwiseConv2D", 0) + ours["Dense"] - 5 * probabilities
    assert biases_and_relus == 2 * (convolutions + dense) - probabilities


def test_a_batch_moves_its_weights_once() -> None:
    """FLOPs and bytes of activations grow with the images, those of weights do not."""
    one, many = (total(counter.count(reference("SeparableConv"), batch)) for batch in (1, 10))
    assert many["flops"] == 10 * one["flops"]
    assert many["backward_flops"] == 10 * one["backward_flops"]
    weights = 4 * one["parameters"]
    assert many["bytes"] - weights == 10 * (one["bytes"] - weights)


def test_half_the_precision_moves_half_the_bytes() -> None:
    """The exceptions are the images, which are bytes, and the last layer, which computes in float32."""
    before = keras.config.dtype_policy()
    whole = counter.count(reference("SeparableConv"), 4)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = counter.count(reference("SeparableConv"), 4)
    finally:
        keras.config.set_dtype_policy(before)
    for wide, narrow in zip(whole, half, strict=True):
        assert narrow.macs == wide.macs
        if wide.name == "scale":
            assert narrow.inference.written * 2 == wide.inference.written
            assert narrow.inference.read == wide.inference.read == 4 * 32 * 32 * 3
        elif wide.name == "classes":
            assert narrow.inference.written == wide.inference.written
        else:
            assert narrow.inference.bytes * 2 == wide.inference.bytes, wide.name


def test_shared_layers_are_counted_by_the_call_and_nested_models_by_their_layers() -> None:
    """A nested model is called on images of two shapes, and its parameters count once."""
    inner = keras.Sequential([keras.Input((None, None, 3)), L.Conv2D(4, 3, name="c")], name="inner")
    large, small = keras.Input((8, 8, 3)), keras.Input((6, 6, 3))
    pool = L.GlobalAveragePooling2D(name="p")
    joined = L.Concatenate(name="j")([pool(inner(large)), pool(inner(small))])
    model = keras.Model([large, small], L.Dense(2, name="d")(keras.Model(joined, joined * 2.0)(joined)))
    rows = {row.name: row for row in counter.count(model)}
    classes = {row.layer_class for row in rows.values()}
    assert classes == {"Conv2D", "GlobalAveragePooling2D", "Concatenate", "Multiply", "Dense"}
    first, second = rows["inner/c"], rows["inner/c (2)"]
    assert {first.macs, second.macs} == {36 * 27 * 4, 16 * 27 * 4}
    assert (first.parameters, second.parameters) == (112, 0)
    assert total(rows.values())["parameters"] == model.count_params() == 112 + 18


def test_what_is_no_graph_of_known_sizes_is_a_problem() -> None:
    """The message has the model's name."""

    class Own(keras.Model):
        def call(self, inputs: Any) -> Any:
            return inputs

    with pytest.raises(Problem, match="mine is a Own without a graph of layers"):
        counter.count(Own(name="mine"))
    images = keras.Input((None, 8, 3))
    with pytest.raises(Problem, match="open takes inputs of"):
        counter.count(keras.Model(images, L.Conv2D(2, 3)(images), name="open"))


def test_a_weight_that_no_call_accounts_for_is_a_problem() -> None:
    """A total that differs from Keras's own is not handed out."""
    images = keras.Input((4,))
    model = keras.Model(images, L.Dense(2)(images), name="more")
    model.extra = L.Dense(3)
    model.extra.build((None, 5))
    with pytest.raises(Problem, match="more: counted 10 parameters, Keras has 28"):
        counter.count(model)


def test_a_call_that_fixes_training_is_a_problem() -> None:
    """Batch norm called with `training=False` costs something else."""
    images = keras.Input((4,))
    model = keras.Model(images, L.BatchNormalization(name="odd")(images, training=False))
    with pytest.raises(Problem, match="odd is called with training=False: no cost for that"):
        counter.count(model)
