"""Stage breakeven@D: from which width, batch size or image side on one architecture is faster than another.

One axis varies at a time. All architectures of a point are timed side by side in the same rounds, so that their ratios
can be taken round by round. No weight changes meanwhile, since the learning rate is 0.
"""

import gc
from typing import NamedTuple

from dscnn.core import device, files, paths
from dscnn.core.device import keras
from dscnn.core.load import Load
from dscnn.core.schema import Shape
from dscnn.core.stage import run
from dscnn.experiment import datasets, params
from dscnn.experiment.params import Breakeven, Params
from dscnn.networks.build import build
from dscnn.timing import timer, workloads
from dscnn.timing.this_machine import configured, record, say

CONVENTION = (
    "seconds by a monotonic clock, on random images of shape (height, width, channels); rounds: each the median of at"
    f" least {timer.CALLS} calls that fill round_seconds, of all architectures of a point, in an order drawn anew in"
    " each round; median, low and high are over the rounds; training: one step of batch_size images, forward, backward"
    " and optimizer, the batch ready in memory; inference: batch_size images; one_image: a batch of 1; axes: on which"
    " axes the point lies, and where; load: processors that other processes used, and that the host withheld, in the"
    " mean of the whole stage; the precision is the point's, not that of the environment"
)


class Point(NamedTuple):
    """What the architectures of one comparison have in common; `shape` is height, width and channels of an image."""

    precision: str
    width: float
    batch_size: int
    shape: Shape

    def __str__(self) -> str:
        height, width, _ = self.shape
        return f"width {self.width:g}, batch size {self.batch_size}, {height} x {width} pixels, {self.precision}"


def points(swept: Breakeven, precisions: list[str], batch_size: int, shape: Shape) -> dict[Point, dict[str, float]]:
    """Return the points to be measured, each with the axes that it lies on and its value there.

    Axes cross where they share a point, which is measured once. `batch_size` and `shape` hold where they do not vary.
    """
    found: dict[Point, dict[str, float]] = {}
    for precision in precisions:
        base = Point(precision, swept.width, batch_size, shape)
        for width in swept.widths:
            found.setdefault(base._replace(width=width), {})["width"] = width
        for size in swept.batch_sizes:
            found.setdefault(base._replace(batch_size=size), {})["batch_size"] = size
        for side in swept.sides:
            found.setdefault(base._replace(shape=(side, side, shape[2])), {})["side"] = side
    return found


def resolved(settings: Params) -> list[str]:
    """Return the precisions to be measured, each once; `auto` is what it stands for on this device."""
    own = settings.compute
    asked = [own.model_copy(update={"precision": name}) for name in settings.breakeven.precisions]
    return list(dict.fromkeys(map(device.precision, asked)))


def measured(point: Point, classes: int, settings: Params, told: timer.Say) -> dict[str, dict[str, timer.Timing]]:
    """Return the times of each architecture at `point`: a training step, inference of its batch and of one image."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(point.precision)
    try:
        batch = workloads.random_batch(point.shape, classes, point.batch_size)
        images, one_hot = workloads.tensors(batch, classes)
        calls: dict[tuple[str, str], timer.Call] = {}
        for name, kinds in settings.architectures.items():
            network = build(settings.network, kinds, point.width, point.shape, classes)
            model = workloads.untrained(network, settings.train, settings.recipe)
            calls[name, "training"] = workloads.training_step(model, images, one_hot)
            calls[name, "inference"] = workloads.inference(network, images)
            calls[name, "one_image"] = workloads.inference(network, images[:1])
        times = timer.interleaved(calls, settings.breakeven, told)
    finally:
        keras.config.set_dtype_policy(before)
    found: dict[str, dict[str, timer.Timing]] = {name: {} for name in settings.architectures}
    for (name, direction), rounds in times.items():
        found[name][direction] = timer.summary(rounds)
    return found


def main(dataset: str) -> None:
    """Time the architectures over widths, batch sizes and sides, from the images of one data set."""
    settings, entry = params.load(), datasets.entry(dataset)
    swept = settings.breakeven
    environment = configured(settings.compute)
    load, rows = Load(), []
    for point, axes in points(swept, resolved(settings), settings.train.batch_size, entry.shape).items():
        with device.plain_errors("leave out the largest widths, batch_sizes and sides of breakeven"):
            found = measured(point, len(entry.classes), settings, timer.saying(say, str(point)))
        gc.collect()  # networks refer to themselves; the next point needs their memory
        say("")
        steps = ", ".join(f"{name} {1e3 * own['training']['median']:.4g} ms" for name, own in found.items())
        print(f"{point}: a training step takes {steps}")
        rows.append({"axes": axes} | point._asdict() | {"architectures": found})
    about = record(CONVENTION, environment, swept, load=load.reading())
    files.write_json(paths.metrics("breakeven", dataset), about | {"points": rows})


if __name__ == "__main__":
    run(main)
