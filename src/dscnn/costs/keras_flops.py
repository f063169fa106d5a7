"""keras-flops 0.1.2 (2020) on today's TensorFlow and Keras.

The package registers FLOPs formulas that TensorFlow now brings itself, which is an error at import, and
adds a list to a shape that Keras 3 made a tuple (its issues #17 and #19). Both are met from outside:
TensorFlow's own formula stays where there is one, and the model is shown with list shapes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from dscnn.core.device import keras, tf
from dscnn.core.quiet import held_back


def _get_flops() -> Callable[..., int]:
    from tensorflow.python.framework import ops

    class RegisterIfNew(ops.RegisterStatistics):
        def __call__(self, formula: Any) -> Any:
            try:
                return super().__call__(formula)
            except KeyError:
                return formula

    original, ops.RegisterStatistics = ops.RegisterStatistics, RegisterIfNew
    try:
        import keras_flops as package
    finally:
        ops.RegisterStatistics = original
    get_flops: Callable[..., int] = package.get_flops
    return get_flops


class _ListShapes(keras.Model):
    """A model whose inputs show their shapes as the lists that keras-flops expects."""

    def __init__(self, model: keras.Model) -> None:
        super().__init__(name="counted")
        self.model = model

    @property
    def inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(shape=list(tensor.shape), dtype=tensor.dtype) for tensor in self.model.inputs]

    def call(self, inputs: Any) -> Any:
        return self.model(inputs[0] if len(inputs) == 1 else inputs, training=False)


@contextmanager
def _profiles() -> Iterator[list[tuple[Any, Any]]]:
    """Note each graph that TensorFlow's profiler is given, and its answer, of which keras-flops keeps the sum alone."""
    profiler = tf.compat.v1.profiler
    profile, noted = profiler.profile, []

    def noting(graph: Any, **options: Any) -> Any:
        noted.append((graph, profile(graph=graph, **options)))
        return noted[-1][1]

    profiler.profile = noting
    try:
        yield noted
    finally:
        profiler.profile = profile


def keras_flops(model: keras.Model, batch_size: int) -> tuple[int | None, dict[str, int]]:
    """Return the FLOPs of one inference of a batch as keras-flops has them, and of them each type of operation's.

    keras-flops asks TensorFlow's profiler about the frozen graph, which does not look into the functions that a graph
    calls. On a CPU a grouped convolution is one; the sum is then None rather than too small.
    """
    with held_back(1), held_back(2), _profiles() as profiles:  # the profiler prints its whole table
        flops = int(_get_flops()(_ListShapes(model), batch_size))
    ((graph, profile),) = profiles
    types = {operation.name: operation.type for operation in graph.get_operations()}
    by_type: dict[str, int] = {}
    ahead = [profile]
    while ahead:
        node = ahead.pop()
        ahead += node.children
        if node.float_ops:
            by_type[types[node.name]] = by_type.get(types[node.name], 0) + node.float_ops
    calls = any(name.endswith("PartitionedCall") for name in types.values())
    return None if calls else flops, dict(sorted(by_type.items()))
