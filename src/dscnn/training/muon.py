"""Muon for networks of convolutions: Keras's optimizer of that name moves matrices alone."""

import re
from collections.abc import Iterator
from typing import Any

from dscnn.core.device import keras


class Muon(keras.optimizers.Muon):
    """Keras's Muon, which moves the kernels of convolutions too, each as a matrix with a column an output channel.

    Muon takes the orthogonal matrix nearest to a kernel's momentum as its update (Jordan et al. 2024,
    https://kellerjordan.github.io/posts/muon/), as large as one of Adam's (arXiv 2502.16982). AdamW moves biases,
    norms, and what matches one of the regular expressions `exclude_layers`.
    """

    def _should_use_adamw(self, variable: Any) -> bool:
        return len(variable.shape) < 2 or any(re.search(each, variable.path) for each in self.exclude_layers)

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        return keras.ops.reshape(super().zeropower_via_newtonschulz5(_matrix(x), steps), x.shape)

    def lr_adjust(self, x: Any) -> Any:
        return keras.ops.reshape(super().lr_adjust(_matrix(x)), x.shape)


def _matrix(kernel: Any) -> Any:
    return keras.ops.reshape(kernel, (-1, kernel.shape[-1]))


def no_matrices(network: keras.Model) -> list[str]:
    """Return regular expressions of the kernels of `network` that Muon is not for.

    A depthwise kernel joins no channels, so it is no matrix; of the last layer Muon's author advises against it.
    """
    return [f"^{re.escape(kernel.path)}$" for kernel in (*_depthwise(network), network.layers[-1].kernel)]


def _depthwise(network: keras.Model) -> Iterator[Any]:
    for layer in network.layers:
        match layer:
            case keras.layers.SeparableConv2D():
                yield layer.depthwise_kernel
            case keras.layers.DepthwiseConv2D():
                yield layer.kernel
