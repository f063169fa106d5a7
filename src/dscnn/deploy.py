"""Stage deploy@D-W-A-S: what becomes of a network on a phone or a microcontroller: size, latency, accuracy as TFLite.

`deploy` in params.yaml lists the seeds whose networks are converted; with none there is no such stage.
"""

from statistics import median

import numpy as np

from dscnn import device, evaluate, files, layout, networks, params, tflite
from dscnn.device import keras, tf
from dscnn.labelled import Labelled
from dscnn.seeds import generator
from dscnn.stage import run

CONVENTION = (
    "TensorFlow Lite; bytes: size of the file; int8: weights and activations, their ranges from calibration_images"
    " drawn from the validation split (the test split if train.validation says so); latency_ms: one image on the CPU,"
    " threads as in the environment, median, low and high of rounds, each the median of some calls, by a monotonic"
    " clock; accuracy: test split; agreement: share of the test images given the same class as by the Keras network"
)
CALIBRATION, CALLS = 200, 5


def measured(
    content: bytes, test: Labelled, plain: np.ndarray, threads: int, benchmark: params.Benchmark
) -> dict[str, object]:
    """Return size, accuracy, agreement with the classes `plain`, and latency of a TFLite model."""
    interpreter = tflite.Interpreter(content, threads)
    probabilities = interpreter.probabilities(test.images)
    rounds = [
        1e3 * median(interpreter.latencies(test.images[:1], benchmark.round_seconds, CALLS))
        for _ in range(benchmark.rounds)
    ]
    extremes = {"median": median(rounds), "low": min(rounds), "high": max(rounds)}
    return {
        "bytes": len(content),
        "accuracy": float(np.mean(probabilities.argmax(1) == test.labels)),
        "agreement": float(np.mean(probabilities.argmax(1) == plain)),
        "latency_ms": {name: float(f"{value:.4g}") for name, value in extremes.items()},
    }


def main(dataset: str, width: str, architecture: str, seed: str) -> None:
    """Convert the network of one arm to each format, and measure it."""
    settings, arm = params.load(), layout.Arm(dataset, width, architecture, seed)
    entry = settings.catalogue[dataset]
    tf.config.set_visible_devices([], "GPU")  # what is deployed runs on a CPU
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("float32")
    network = networks.build(
        settings.network, settings.architectures[architecture], float(width), entry.shape, len(entry.classes)
    )
    evaluate.restore(network, files.read_arrays(arm.weights), arm.weights)
    test, held = (Labelled(**files.read_arrays(layout.prepared(dataset, split))) for split in ("test", "validation"))
    plain = network.predict(test.images, verbose=0).argmax(1)
    chosen = generator(0, "calibration").permutation(len(held.images))[:CALIBRATION]
    calibration, threads = held.images[chosen], device.threads(settings.train)
    found = {
        form: measured(tflite.converted(network, form, calibration), test, plain, threads, settings.benchmark)
        for form in tflite.FORMATS
    }
    value = {
        "convention": CONVENTION,
        "calibration_images": len(calibration),
        "environment": files.read_json(layout.MACHINE) | {"device": "cpu", "precision": "that of the format"},
        "formats": found,
    }
    files.write_json(arm.deployed, value)
    print(
        f"{architecture} x{width} seed {seed}: "
        + ", ".join(f"{form} {own['bytes']:,} bytes" for form, own in found.items())
    )


if __name__ == "__main__":
    run(main)
