"""A network with its loss and optimizer, ready to train; stages train and benchmark have it from here."""

import numpy as np

from dscnn import layout, networks, params
from dscnn.device import keras
from dscnn.fused import Fused
from dscnn.recipe import optimizer


def compiled(settings: params.Params, arm: layout.Arm, rates: np.ndarray) -> Fused:
    """Return the network of `arm` as it trains, with the learning rates of `rates` by step."""
    entry, kinds = settings.catalogue[arm.dataset], settings.architectures[arm.architecture]
    network = networks.build(settings.network, kinds, float(arm.width), entry.shape, len(entry.classes), int(arm.seed))
    model = Fused(network)
    model.compile(
        optimizer=optimizer(settings.train, settings.recipe, rates),
        loss=keras.losses.CategoricalCrossentropy(),
        metrics=["accuracy"],
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)
    return model
