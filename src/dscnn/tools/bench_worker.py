"""One way of training, for `dscnn.tools.bench`: reads names of architectures, answers with the seconds of an epoch."""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from dscnn.core import processor
from dscnn.core.quiet import held_back
from dscnn.core.stage import Problem, run
from dscnn.experiment import params

PRESET = Path("presets/cifar10.yaml")
SHAPE, CLASSES = (32, 32, 3), 10
Epoch = Callable[[], None]


def bfloat16() -> bool:
    """Whether the processor multiplies in bfloat16."""
    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(processor.flags())


def data(images: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.integers(0, 256, (images, *SHAPE), np.uint8), (np.arange(images) % CLASSES).astype(np.uint8)


def plain(
    settings: params.Params, width: str, images: int, tuned: bool = True
) -> tuple[dict[str, Epoch], dict[str, Any]]:
    """Keras as its guides have it; `tuned`: with tf.data's tuning, whose thread the end of an epoch waits for."""
    with held_back(2):  # before dscnn.core.device, whose settings TensorFlow reads when it is imported
        import tensorflow as tf

    from dscnn.core.device import keras
    from dscnn.networks.build import build

    pixels, labels = data(images)
    one_hot = np.eye(CLASSES, dtype=np.float32)[labels]

    def epoch(kinds: params.Kinds) -> Epoch:
        model = build(settings.network, kinds, float(width), SHAPE, CLASSES, 1)
        model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
        batches = tf.data.Dataset.from_tensor_slices((pixels, one_hot)).shuffle(images, seed=1)
        batches = batches.batch(settings.train.batch_size).prefetch(tf.data.AUTOTUNE if tuned else 2)
        options = tf.data.Options()
        options.autotune.enabled = tuned
        batches = batches.with_options(options)

        def once() -> None:
            model.fit(batches, verbose=0, shuffle=False)

        return once

    made = {name: epoch(kinds) for name, kinds in settings.architectures.items()}
    return made, {"versions": f"TensorFlow {tf.__version__}, Keras {keras.__version__}", "multiplies": "float32"}


def dscnn(settings: params.Params, width: str, images: int) -> tuple[dict[str, Epoch], dict[str, Any]]:
    """The way of this project, as stage train does it, without validation and state."""
    from dscnn.core import device
    from dscnn.core.device import keras, tf
    from dscnn.core.splits import Labelled
    from dscnn.costs.counter import count
    from dscnn.costs.work import total
    from dscnn.networks.build import build
    from dscnn.timing import ceilings
    from dscnn.training.augment import Augment
    from dscnn.training.batches import Batches, Shuffled, Training
    from dscnn.training.clock import Clock
    from dscnn.training.optimizer import compiled, rates

    device.configure(settings.compute)
    pixels, labels = data(images)
    train, recipe = settings.train, settings.recipe
    macs = {}

    def epoch(name: str, kinds: params.Kinds) -> Epoch:
        table = rates(train, recipe, train.epochs * -(-images // train.batch_size))
        model = compiled(build(settings.network, kinds, float(width), SHAPE, CLASSES, 1), train, recipe, table)
        macs[name] = total(count(model.network))["macs"]
        batches = Batches(Labelled(pixels, labels), CLASSES, train.batch_size, Training(1, Augment(0, False, 0), 0.0))
        given, around = batches.dataset(), [Shuffled(batches), Clock()]  # once, as for all epochs of a training

        def once() -> None:
            model.fit(given, verbose=0, shuffle=False, callbacks=around)

        return once

    made = {name: epoch(name, kinds) for name, kinds in settings.architectures.items()}
    precision = device.precision(settings.compute)
    timed = ["float32", precision, *(["mixed_bfloat16"] if bfloat16() else [])]
    return made, {
        "versions": f"TensorFlow {tf.__version__}, Keras {keras.__version__}",
        "multiplies": precision,
        "macs": macs,
        "peaks": {name: ceilings.matrix_rate(name.removeprefix("mixed_"), 0.2) for name in dict.fromkeys(timed)},
        "batch_size": train.batch_size,
        "processor": processor.name(),
        "threads": device.threads(settings.compute),
        "precision": precision,
    }


def torch_convolution(kind: str, channels: int, filters: int, kernel: int) -> list[Any]:
    """Return the layers of one convolution of PyTorch's, without its activation."""
    from torch import nn

    if kind == "conv":
        return [nn.Conv2d(channels, filters, kernel, padding="same")]
    if kind == "separable":
        depthwise = nn.Conv2d(channels, channels, kernel, padding="same", groups=channels, bias=False)
        return [depthwise, nn.Conv2d(channels, filters, 1)]
    raise Problem(f"{PRESET}: {kind}, should be conv or separable: the bench makes no other kind for PyTorch")


def torch_network(network: params.Network, kinds: params.Kinds, width: float) -> Any:
    """Return the network of `build` as layers of PyTorch's."""
    from torch import nn

    made: list[Any] = []
    channels, side = SHAPE[2], SHAPE[0]
    for filters in (round(count * width) for count in network.filters):
        for number, kind in enumerate(kinds):
            made += [*torch_convolution(kind, channels, filters, network.kernel), nn.ReLU()]
            made += [] if number else [nn.Dropout(network.conv_dropout)]
            channels = filters
        made += [nn.MaxPool2d(2), nn.BatchNorm2d(filters), nn.Dropout(network.block_dropout)]
        side //= 2
    made.append(nn.Flatten())
    units = channels * side * side
    for number, width_of_layer in enumerate(network.dense, 1):
        made += [nn.Linear(units, width_of_layer), nn.ReLU()]
        made += [nn.Dropout(network.dense_dropout)] if number < len(network.dense) else []
        units = width_of_layer
    return nn.Sequential(*made, nn.Linear(units, CLASSES))


def torch(
    settings: params.Params, width: str, images: int, compiled: bool = False, bfloat16: bool = False
) -> tuple[dict[str, Epoch], dict[str, Any]]:
    """PyTorch as its tutorials have it, channels last: eager or compiled, float32 or in autocast to bfloat16."""
    import torch as library
    from torch import nn

    library.set_num_threads(processor.cores())
    pixels, labels = (library.from_numpy(array) for array in data(images))

    def epoch(kinds: params.Kinds) -> Epoch:
        model = torch_network(settings.network, kinds, float(width)).to(memory_format=library.channels_last)
        apply = library.compile(model) if compiled else model
        optimizer, loss_of = library.optim.Adam(model.parameters()), nn.CrossEntropyLoss()

        def once() -> None:
            model.train()
            right = 0
            for chosen in library.randperm(images).split(settings.train.batch_size):
                batch = pixels[chosen].permute(0, 3, 1, 2).float() / 255
                target = labels[chosen].long()
                optimizer.zero_grad()
                with library.autocast("cpu", library.bfloat16, enabled=bfloat16):
                    scores = apply(batch)
                    loss = loss_of(scores, target)
                loss.backward()
                optimizer.step()
                right += int((scores.argmax(1) == target).sum())

        return once

    made = {name: epoch(kinds) for name, kinds in settings.architectures.items()}
    return made, {
        "versions": f"PyTorch {version('torch')}",
        "multiplies": "mixed_bfloat16" if bfloat16 else "float32",
    }


WAYS: dict[str, Callable[[params.Params, str, int], tuple[dict[str, Epoch], dict[str, Any]]]] = {
    "plain": plain,
    "plain-untuned": partial(plain, tuned=False),
    "dscnn": dscnn,
    "torch": torch,
    "torch-compiled": partial(torch, compiled=True),
    "torch-bfloat16": partial(torch, bfloat16=True),
    "torch-compiled-bfloat16": partial(torch, compiled=True, bfloat16=True),
}


def main(way: str, width: str, images: str) -> None:
    """Build all architectures, train each an epoch, say so, and then answer each name with seconds."""
    settings = params.load(PRESET)
    auto = {"device": "auto", "precision": "auto", "threads": "auto"}
    settings = settings.model_copy(
        update={
            "compute": settings.compute.model_copy(update=auto),
            "train": settings.train.model_copy(update={"epochs": 10**6}),
        }
    )
    epochs, facts = WAYS[way](settings, width, int(images))
    for epoch in epochs.values():
        epoch()
    print(json.dumps(facts), flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        epochs[line.strip()]()
        print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)


if __name__ == "__main__":
    run(main)
