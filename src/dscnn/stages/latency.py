"""Stage latency@D-W: one image by TensorFlow Lite, all architectures of a width side by side in one process.

The networks are untrained: no time depends on the weights (docs/cost.md). `deploy` in params.yaml lists the formats;
with none the record has none.
"""

from functools import partial

import numpy as np

from dscnn.conversion import tflite
from dscnn.conversion.folded import folded
from dscnn.core import device, files, paths
from dscnn.core.device import keras
from dscnn.core.load import Load
from dscnn.core.schema import Shape
from dscnn.core.seeds import generator
from dscnn.core.stage import run
from dscnn.experiment import datasets, params
from dscnn.experiment.params import Params
from dscnn.networks.build import build
from dscnn.timing import this_machine, timer

CONVENTION = (
    "seconds by a monotonic clock, of one image on the CPU, by TensorFlow's interpreter of TensorFlow Lite with the"
    " XNNPACK delegate, its default, threads as in the environment; all formats and architectures are timed in each"
    f" round, whose order is drawn anew; rounds: each the median of at least {timer.CALLS} calls that fill"
    " round_seconds; networks are untrained, and the ranges of int8 are from random images; load: as in"
    " metrics/benchmark"
)
CALIBRATION = 8  # random images have the same range, however many


def images(count: int, shape: Shape) -> np.ndarray:
    """Return `count` random images of one `shape`, uint8 (count, height, width, channels)."""
    return generator(0, "latency").integers(0, 256, (count, *shape), np.uint8)


def positive(network: keras.Model) -> keras.Model:
    """Make all weights of `network` positive, and return it.

    Random ones may leave 0 of every image in a layer of few channels. XNNPACK refuses that in int8: it has no range.
    """
    for variable in network.trainable_variables:
        variable.assign(np.abs(variable))
    return network


def interpreters(
    settings: Params, width: float, image: Shape, classes: int, threads: int
) -> dict[tuple[str, str], tflite.Interpreter]:
    """Return each architecture in each format, by both names."""
    calibration = images(CALIBRATION, image)
    found: dict[tuple[str, str], tflite.Interpreter] = {}
    for name, kinds in settings.architectures.items():
        network = folded(positive(build(settings.network, kinds, width, image, classes))).network
        for form in settings.deploy:
            this_machine.say(f"converting {name} to {form}")
            found[form, name] = tflite.Interpreter(tflite.converted(network, form, calibration), threads)
    return found


def main(dataset: str, width: str) -> None:
    """Time the networks of one data set's shape and one width."""
    settings, entry = params.load(), datasets.entry(dataset)
    timed, classes, environment = settings.benchmark, len(entry.classes), this_machine.noted()
    device.without_gpu()  # what is deployed runs on a CPU
    threads = device.threads(settings.compute)
    made = interpreters(settings, float(width), entry.shape, classes, threads)
    image = images(1, entry.shape)
    load = Load()
    times = timer.interleaved(
        {key: partial(own, image) for key, own in made.items()},
        timed,
        timer.saying(this_machine.say, "one image by TensorFlow Lite"),
    )
    this_machine.say("")
    environment |= {"device": "cpu", "threads": threads, "precision": "that of the format",
                    "data_format": "channels_last"}  # fmt: skip
    formats: dict[str, dict[str, timer.Timing]] = {
        form: {name: timer.summary(times[form, name]) for name in settings.architectures} for form in settings.deploy
    }
    about = this_machine.record(CONVENTION, environment, timed, load=load.reading())
    files.write_json(paths.metrics("latency", dataset, width), about | {"formats": formats})
    for form, name in times:
        print(f"{name}, {form}: one image {timer.milliseconds(formats[form][name])}")
    if not times:
        print("nothing is timed, since deploy is empty")


if __name__ == "__main__":
    run(main)
