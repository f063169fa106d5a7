from typing import Any

import numpy as np
import pytest

from dscnn.core.device import keras, tf
from dscnn.costs import counter
from dscnn.experiment.params import Kinds, Params
from dscnn.networks import dropout, fused
from dscnn.networks.build import build

SHAPE = (8, 8, 3)


def network(settings: Params, kinds: Kinds, **changes: float) -> keras.Model:
    changed = settings.network.model_copy(update=changes)
    return build(changed, kinds, 1, SHAPE, 3, seed=1)


def batch(count: int = 32) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    return random.integers(0, 256, (count, *SHAPE), np.uint8), np.eye(3, dtype=np.float32)[np.arange(count) % 3]


def gradients(model: keras.Model, trained: keras.Model) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return what `model` makes of a batch in training, and the gradients of its loss by `trained`'s variables."""
    images, labels = batch()
    with tf.GradientTape() as tape:
        outputs = model(images, training=True)
        loss = keras.losses.categorical_crossentropy(labels, outputs)
    found = tape.gradient(loss, [variable.value for variable in trained.trainable_variables])
    return outputs.numpy(), [gradient.numpy() for gradient in found]


def all_close(one: list[np.ndarray], other: list[np.ndarray], tolerance: float) -> None:
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance * max(np.abs(theirs).max(), 1e-3))


KINDS: list[Kinds] = [
    ("conv", "conv"), ("conv", "separable"), ("separable", "separable"), ("blueprint", "depthwise"),
    ("bottleneck", "grouped"),
]  # fmt: skip
NONE = {"conv_dropout": 0.0, "block_dropout": 0.0, "dense_dropout": 0.0}


@pytest.mark.parametrize("kinds", KINDS)
def test_without_dropout_it_trains_as_keras_does(settings: Params, kinds: Kinds) -> None:
    """Outputs, gradients and moving averages of a step are those of Keras, layer by layer."""
    plain, other = (network(settings, kinds, **NONE) for _ in range(2))
    outputs, found = gradients(fused.Fused(other), other)
    expected, by_keras = gradients(plain, plain)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5)
    all_close(found, by_keras, 1e-4)
    all_close([w.numpy() for w in other.weights], [w.numpy() for w in plain.weights], 1e-5)


@pytest.mark.parametrize("kernel", [1, 2, 5])
def test_a_kernel_of_any_size_trains_as_in_keras(settings: Params, kernel: int) -> None:
    """Of an even one, the gradients are TensorFlow's."""
    plain, other = (network(settings, ("separable", "separable"), **NONE, kernel=kernel) for _ in range(2))
    outputs, found = gradients(fused.Fused(other), other)
    expected, by_keras = gradients(plain, plain)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5)
    all_close(found, by_keras, 1e-4)


@pytest.mark.parametrize(("precision", "biased"), [("float32", 1), ("mixed_bfloat16", 0)])
def test_the_cheaper_gradients_are_taken(
    settings: Params, precision: str, biased: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A depthwise half for each separable convolution; a bias for each convolution, in float32 alone."""
    taken: list[str] = []
    for name in ("biased", "depthwise"):
        own = getattr(fused.gradients, name)
        monkeypatch.setattr(
            fused.gradients, name, lambda *words, own=own, name=name: (taken.append(name), own(*words))[1]
        )
    blocks = len(settings.network.filters)
    keras.config.set_dtype_policy(precision)
    try:
        fused.Fused(network(settings, ("conv", "separable"), **NONE))(batch()[0], training=True)
    finally:
        keras.config.set_dtype_policy("float32")
    assert sorted(taken) == ["biased"] * 2 * blocks * biased + ["depthwise"] * blocks


@pytest.mark.parametrize("rates", [NONE, {"conv_dropout": 0.35, "block_dropout": 0.3, "dense_dropout": 0.4}])
def test_relus_on_bits_train_as_tensorflows(
    settings: Params, rates: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the last bit, so weights do not tell on which processor a network trained."""
    monkeypatch.setattr(fused.relu, "WORTH_IT", 0)
    keras.config.set_dtype_policy("mixed_bfloat16")
    found = []
    try:
        for compiles in (True, False):
            monkeypatch.setattr(fused.relu, "compiles", lambda compiles=compiles: compiles)
            one = network(settings, ("conv", "separable"), **rates)
            found.append(gradients(fused.Fused(one), one))
    finally:
        keras.config.set_dtype_policy("float32")
    (outputs, by_bits), (expected, by_tensorflow) = found
    np.testing.assert_array_equal(outputs, expected)
    for mine, theirs in zip(by_bits, by_tensorflow, strict=True):
        np.testing.assert_array_equal(mine, theirs)
        assert np.any(theirs)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_in_mixed_precision_probabilities_are_float32_as_keras_has_them(settings: Params, precision: str) -> None:
    """The last layer is of another precision than the rest, so it computes as it says."""
    keras.config.set_dtype_policy(precision)
    try:
        plain, other = (network(settings, ("conv", "separable"), **NONE) for _ in range(2))
        outputs, expected = fused.Fused(other)(batch()[0], training=True), plain(batch()[0], training=True)
    finally:
        keras.config.set_dtype_policy("float32")
    assert outputs.dtype == tf.float32
    np.testing.assert_allclose(outputs, expected, atol=0.02)
    in_half = tf.cast(tf.cast(outputs, tf.bfloat16), tf.float32)
    assert (in_half != outputs).numpy().mean() > 0.9, "not numbers of half the precision in a wider type"


def test_a_batch_of_one_number_leaves_the_averages_numbers() -> None:
    """Keras's moving variance of it is zero, not without a value."""
    layer = keras.layers.BatchNormalization(momentum=0.5)
    layer.build((None, 1, 1, 2))
    fused.batch_norm(layer, tf.ones((1, 1, 1, 2)))
    assert layer.moving_variance.numpy().tolist() == [0.5, 0.5]
    assert layer.moving_mean.numpy().tolist() == [0.5, 0.5]


class Inverted(keras.layers.Dropout):
    """Dropout as Keras has it, with the masks of `dscnn.networks.dropout`."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        mask = dropout.kept(inputs.shape, dropout.key(self.seed_generator), self.rate)
        return inputs * tf.cast(mask, inputs.dtype) / (1 - self.rate)


@pytest.mark.parametrize("kinds", KINDS)
def test_with_the_same_masks_it_trains_as_inverted_dropout_does(settings: Params, kinds: Kinds) -> None:
    """The scaled kernels, the joint gradient of ReLU and dropout, and masks drawn twice are the textbook's."""
    rates = {"conv_dropout": 0.35, "block_dropout": 0.3, "dense_dropout": 0.4}
    source = network(settings, kinds, **rates)
    plain = keras.models.clone_model(
        source,
        clone_function=lambda layer: (
            Inverted(layer.rate, seed=layer.seed, name=layer.name)
            if fused.drops(layer)
            else type(layer).from_config(layer.get_config())
        ),
    )
    plain.set_weights(source.get_weights())
    outputs, found = gradients(fused.Fused(source), source)
    expected, by_keras = gradients(plain, plain)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5)
    all_close(found, by_keras, 1e-4)


@pytest.mark.parametrize("kinds", KINDS)
def test_operations_are_named_as_the_counter_names_them(settings: Params, kinds: Kinds) -> None:
    """The order is the same too, so that cost and time of an operation are put together by name."""
    plain = network(settings, kinds)
    names = [op.name for op in fused.training_ops(plain, "float32")]
    assert names == [row.name for row in counter.count(plain)]


def test_inference_is_the_networks(settings: Params) -> None:
    """It is so to the last bit, and the weights are those of the network."""
    plain = network(settings, ("conv", "separable"))
    model = fused.Fused(plain)
    images, _ = batch()
    np.testing.assert_array_equal(model(images, training=False), plain(images, training=False))
    assert [w.path for w in model.weights] == [w.path for w in plain.weights]
    assert {v.path for v in model.variables} == {v.path for v in plain.variables}


def test_dropouts_of_images_alone_have_a_cheaper_form(settings: Params) -> None:
    """Between dense layers there are few numbers, and a compilation takes longer than it saves: Keras's are called."""
    plain = network(settings, ("conv", "conv"))
    assert {layer.name for layer in plain.layers if fused.drops(layer)} == {
        f"block{block}_dropout{place}" for block in range(1, len(settings.network.filters) + 1) for place in (1, 2)
    }
    assert not any(map(fused.drops, network(settings, ("conv", "conv"), **NONE).layers))
    assert not fused.drops(None)


@pytest.mark.parametrize("rate", [0.001, 0.999])
def test_a_rate_may_be_next_to_none_or_all(settings: Params, rate: float) -> None:
    """Numbers stay numbers."""
    model = fused.Fused(network(settings, ("conv", "conv"), conv_dropout=rate, block_dropout=rate))
    assert np.isfinite(model(batch()[0], training=True)).all()


def test_a_layer_without_a_cheaper_form_gets_what_it_should() -> None:
    """What dropout left unscaled is scaled before it."""
    images = keras.Input((2, 2, 1), dtype="float32")
    model = keras.Model(images, keras.layers.LeakyReLU(0.5)(keras.layers.Dropout(0.5, seed=1)(images)))
    found = fused.Fused(model)(np.full((2000, 2, 2, 1), -1, np.float32), training=True).numpy()
    assert set(np.unique(found)) == {-1.0, 0.0}
    assert found.mean() == pytest.approx(-0.5, abs=0.05)


def test_a_dropout_at_the_end_is_scaled_too() -> None:
    """There is no kernel after it."""
    images = keras.Input((2, 2, 1), dtype="float32")
    model = keras.Model(images, keras.layers.Dropout(0.75, seed=1)(images))
    found = fused.Fused(model)(np.ones((2000, 2, 2, 1), np.float32), training=True).numpy()
    assert set(np.unique(found)) == {0.0, 4.0}
