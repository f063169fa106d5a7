"""Stage deploy@D-W-A-S: what becomes of a network on a phone or a microcontroller: size, latency, accuracy as TFLite.

The network of the first seed stands for all: size and latency do not depend on the seed. `deploy` in params.yaml lists
the formats; with none the record is empty.
"""

import numpy as np

from dscnn.core import device, files, paths, splits
from dscnn.core.seeds import generator
from dscnn.core.splits import Labelled
from dscnn.core.stage import run
from dscnn.experiment import datasets, params
from dscnn.networks.build import build, restore
from dscnn.timing import tflite, this_machine, timer
from dscnn.timing.folded import folded

CONVENTION = (
    "TensorFlow Lite; bytes: size of the file; int8: weights and activations, their ranges from calibration_images"
    " drawn from the validation split (the test split if validation says so), that of the input 0 to 255;"
    " lite_latency_ms: one image on the CPU, by TensorFlow's interpreter with the XNNPACK delegate, its default,"
    " threads as in the environment, median, low and high of rounds, each the median of some calls, by a monotonic"
    " clock; accuracy: test split; agreement: share of the test images given the same class as by the Keras network;"
    " norms_kept: batch norms whose factors are not in the convolution before them, and may cost accuracy in int8"
)
CALIBRATION = 200


def measured(content: bytes, test: Labelled, plain: np.ndarray, threads: int, timed: timer.Rounds) -> dict[str, object]:
    """Return size, accuracy, agreement with the classes `plain`, and latency of a TFLite model."""
    interpreter = tflite.Interpreter(content, threads)
    probabilities = interpreter.probabilities(test.images)
    times = timer.repeated(lambda: interpreter(test.images[:1]), timed)
    return {
        "bytes": len(content),
        "accuracy": float(np.mean(probabilities.argmax(1) == test.labels)),
        "agreement": float(np.mean(probabilities.argmax(1) == plain)),
        "lite_latency_ms": timer.summary([1e3 * seconds for seconds in times]),
    }


def main(dataset: str, width: str, architecture: str, seed: str) -> None:
    """Convert the network of one arm to each format, and measure it."""
    settings, entry, arm = params.load(), datasets.entry(dataset), paths.Arm(dataset, width, architecture, seed)
    environment = this_machine.noted()
    device.without_gpu()  # what is deployed runs on a CPU
    kinds, threads = settings.architectures[architecture], device.threads(settings.compute)
    network = build(settings.network, kinds, float(width), entry.shape, len(entry.classes))
    restore(network, files.read_arrays(arm.weights), arm.weights)
    if not settings.deploy:
        files.write_json(paths.metrics("deploy", *arm), {"formats": {}})
        print(f"{architecture} x{width} seed {seed}: nothing to convert, since deploy is empty")
        return
    test, held = splits.load(dataset, "test"), splits.load(dataset, "validation")
    plain = network.predict(test.images, verbose=0).argmax(1)
    chosen = generator(0, "calibration").permutation(len(held.images))[:CALIBRATION]
    calibration = held.images[chosen]
    prepared = folded(network)
    found = {
        form: measured(tflite.converted(prepared.network, form, calibration), test, plain, threads, settings.benchmark)
        for form in settings.deploy
    }
    value = {
        "convention": CONVENTION,
        "calibration_images": len(calibration),
        "norms_kept": prepared.kept,
        "environment": environment
        | {"device": "cpu", "precision": "that of the format", "data_format": "channels_last"},
        "formats": found,
    }
    files.write_json(paths.metrics("deploy", *arm), value)
    sizes = ", ".join(f"{form} {own['bytes']:,} bytes" for form, own in found.items())
    print(f"{architecture} x{width} seed {seed}: {sizes}")


if __name__ == "__main__":
    run(main)
