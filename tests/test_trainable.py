import numpy as np

from dscnn import layout, params
from dscnn.trainable import compiled

ARM = layout.Arm("stripes", "0.5", "Separable", "1")


def test_a_network_of_an_arm_ready_to_train(settings: params.Params) -> None:
    """Its kinds, width, classes and seed; the optimizer has its variables and rates."""
    model = compiled(settings, ARM, np.float32([0.5, 0.25]))
    assert model.network.get_layer("block1_conv1").filters == 4
    assert model.network.output.shape == (None, 3)
    assert float(model.optimizer.learning_rate) == 0.5
    assert len(model.optimizer.variables) > 2 * len(model.trainable_variables)
    again = compiled(settings, ARM, np.ones(1))
    other = compiled(settings, ARM._replace(seed="2"), np.ones(1))
    kernels = [each.network.get_layer("dense1").kernel.numpy() for each in (model, again, other)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert (kernels[0] != kernels[2]).any()
