import numpy as np
import pytest

from dscnn.core.device import keras, tf
from dscnn.experiment.params import Kind, Params
from dscnn.networks.build import build
from dscnn.training.muon import Muon, no_matrices

RATE = 0.5


def moved(kernel: np.ndarray, gradients: list[np.ndarray], excluded: str | None = None) -> np.ndarray:
    """Return `kernel` after steps along `gradients`, without weight decay."""
    variable = keras.Variable(kernel, name="kernel")
    made = Muon(learning_rate=RATE, weight_decay=0.0, adam_weight_decay=0.0, exclude_layers=[excluded] * bool(excluded))
    made.build([variable])
    for gradient in gradients:
        made.apply([tf.constant(gradient)], [variable])
    result: np.ndarray = variable.numpy()
    return result


@pytest.mark.parametrize("shape", [(3, 3, 4, 6), (1, 1, 12, 6), (3, 3, 1, 12), (20, 6)])
def test_a_step_is_orthogonal_and_as_large_as_one_of_adam(shape: tuple[int, ...]) -> None:
    """Against the nearest orthogonal matrix by NumPy's SVD, of two steps' momentum by hand.

    Newton and Schulz's five iterations leave its singular values between .68 and 1.2 or so.
    """
    random = np.random.default_rng(0)
    kernel, *gradients = random.normal(size=(3, *shape)).astype(np.float32)
    first, second = (gradient.reshape(-1, shape[-1]) for gradient in gradients)
    before = moved(kernel, gradients[:1])
    step = (before - moved(kernel, gradients)).reshape(-1, shape[-1])
    momentum = 0.95 * first + second
    left, _, right = np.linalg.svd(second + 0.95 * momentum, full_matrices=False)
    scale = RATE * 0.2 * max(step.shape) ** 0.5
    within = left.T @ step @ right.T / scale  # a diagonal, if the singular vectors are the same
    assert within == pytest.approx(np.diag(np.diag(within)), abs=1e-3)
    assert (np.diag(within) > 0.6).all()
    assert (np.diag(within) < 1.3).all()


def test_what_is_excluded_takes_a_step_of_adam() -> None:
    """The first is the learning rate against the gradient's sign."""
    gradient = np.float32([[0.5, -2.0], [1.0, -3.0]])
    stepped = moved(np.ones((2, 2), np.float32), [gradient], "^kernel$")
    assert stepped == pytest.approx(1 - RATE * np.sign(gradient), rel=1e-4)


def test_a_bias_takes_a_step_of_adam() -> None:
    """It is no matrix."""
    assert moved(np.ones(2, np.float32), [np.float32([0.5, -2.0])]) == pytest.approx([1 - RATE, 1 + RATE], rel=1e-4)


@pytest.mark.parametrize(
    ("kind", "depthwise"),
    [
        ("conv", []),
        ("separable", [f"block{i}_conv2/depthwise_kernel" for i in (1, 2, 3)]),
        ("blueprint", [f"block{i}_conv2/kernel" for i in (1, 2, 3)]),
        ("depthwise", [f"block{i}_conv2/kernel" for i in (1, 2, 3)]),
        ("grouped", []),
    ],
)
def test_depthwise_kernels_and_the_last_layer_are_no_matrices(
    settings: Params, kind: Kind, depthwise: list[str]
) -> None:
    """All others of a network are, the pointwise half of a separable convolution too."""
    network = build(settings.network, ("conv", kind), 0.5, (8, 8, 1), 3)
    made = Muon(exclude_layers=no_matrices(network))
    made.build(network.trainable_variables)
    by_adam = [variable.path for variable in network.trainable_variables if made._should_use_adamw(variable)]
    assert [path for path in by_adam if path.endswith("kernel")] == [*depthwise, "classes/kernel"]
    vectors = [variable.path for variable in network.trainable_variables if len(variable.shape) < 2]
    assert sorted(by_adam) == sorted([*vectors, *depthwise, "classes/kernel"])
