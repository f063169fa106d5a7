"""Stage deploy@D-W-A-S: what becomes of a network on a phone or a microcontroller: its size and accuracy as TFLite.

The network of the first seed stands for all. `deploy` in params.yaml lists the formats; with none the record is empty.
Stage latency times them.
"""

import numpy as np

from dscnn.conversion import tflite
from dscnn.conversion.folded import folded
from dscnn.core import device, files, paths, splits
from dscnn.core.seeds import generator
from dscnn.core.splits import Labelled
from dscnn.core.stage import run
from dscnn.experiment import datasets, params
from dscnn.networks.build import build, restore

CONVENTION = (
    "TensorFlow Lite; bytes: size of the file; int8: weights and activations, their ranges from calibration_images"
    " drawn from the validation split (the test split if validation says so), that of the input 0 to 255;"
    " accuracy: test split, on the CPU, by TensorFlow's interpreter with the XNNPACK delegate, its default; agreement:"
    " share of the test images given the same class as by the Keras network in float32; norms_kept: batch norms whose"
    " factors are not in the convolution before them, and may cost accuracy in int8"
)
CALIBRATION = 200


def measured(content: bytes, test: Labelled, plain: np.ndarray, threads: int) -> dict[str, object]:
    """Return size, accuracy, and agreement with the classes `plain` of a TFLite model."""
    probabilities = tflite.Interpreter(content, threads).probabilities(test.images)
    return {
        "bytes": len(content),
        "accuracy": float(np.mean(probabilities.argmax(1) == test.labels)),
        "agreement": float(np.mean(probabilities.argmax(1) == plain)),
    }


def main(dataset: str, width: str, architecture: str, seed: str) -> None:
    """Convert the network of one arm to each format, and measure it."""
    settings, entry, arm = params.load(), datasets.entry(dataset), paths.Arm(dataset, width, architecture, seed)
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
        form: measured(tflite.converted(prepared.network, form, calibration), test, plain, threads)
        for form in settings.deploy
    }
    value = {
        "convention": CONVENTION,
        "calibration_images": len(calibration),
        "norms_kept": prepared.kept,
        "formats": found,
    }
    files.write_json(paths.metrics("deploy", *arm), value)
    sizes = ", ".join(f"{form} {own['bytes']:,} bytes" for form, own in found.items())
    print(f"{architecture} x{width} seed {seed}: {sizes}")


if __name__ == "__main__":
    run(main)
