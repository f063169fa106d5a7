"""Stage evaluate@D-W-A-S: the weights of one arm on the test split.

No other stage learns from that split, unless `validation` is "test".
"""

import numpy as np

from dscnn.core import device, files, paths, splits
from dscnn.core.device import keras
from dscnn.core.stage import run
from dscnn.experiment import datasets, params
from dscnn.networks.build import build, laid_out, restore

BINS = 15


def score(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float | int]:
    """Return how good `probabilities` (n, classes) are for `labels` (n,), and n.

    `loss` is the mean cross-entropy in nats. `brier` is the mean of the squared errors, summed over all classes: 0 to 2
    (Brier 1950, doi 10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2).
    """
    chosen = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    errors = probabilities.astype(np.float64) - np.eye(probabilities.shape[1])[labels]
    return {
        "accuracy": float(np.mean(probabilities.argmax(1) == labels)),
        "loss": float(-np.log(np.maximum(chosen, keras.config.epsilon())).mean()),
        "brier": float((errors**2).sum(1).mean()),
        "calibration_error": calibration_error(probabilities, labels),
        "n": len(labels),
    }


def calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the expected calibration error of the likeliest class, 0 to 1 (Guo et al. 2017, arXiv 1706.04599).

    Images are put into 15 bins of equal width by that class's probability. The error is the distance of a bin's
    accuracy from its mean probability, in the mean over the images.
    """
    confidence = probabilities.max(1).astype(np.float64)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    excess = np.bincount(bins, (probabilities.argmax(1) == labels) - confidence)
    return float(np.abs(excess).sum() / len(labels))


def predictions(probabilities: np.ndarray, labels: np.ndarray) -> list[dict[str, object]]:
    """Return a row an image of the test split, in its order: label, predicted class, that class's probability."""
    return [
        {"image": i, "label": int(label), "predicted": int(row.argmax()), "probability": f"{row.max():.4f}"}
        for i, (row, label) in enumerate(zip(probabilities, labels, strict=True))
    ]


def main(dataset: str, width: str, architecture: str, seed: str) -> None:
    """Score one arm on the test split, once.

    `mirror_accuracy` is that of the mean over an image and its mirror image, at twice the inference. It is null unless
    the network was trained on mirrored images too (`recipe.flip`).
    """
    settings, entry, arm = params.load(), datasets.entry(dataset), paths.Arm(dataset, width, architecture, seed)
    device.configure(settings.compute)
    kinds, batch_size = settings.architectures[architecture], settings.train.batch_size
    network = build(settings.network, kinds, float(width), entry.shape, len(entry.classes))
    restore(network, files.read_arrays(arm.weights), arm.weights)
    test = splits.load(dataset, "test")

    def predicted(images: np.ndarray) -> np.ndarray:
        probabilities: np.ndarray = network.predict(laid_out(images), batch_size=batch_size, verbose=0)
        return probabilities

    mirror_accuracy = None
    with device.plain_errors(f"lower train.batch_size ({batch_size})"):
        probabilities = predicted(test.images)
        if settings.recipe.flip:
            both = (probabilities + predicted(test.images[:, :, ::-1])) / 2
            mirror_accuracy = score(both, test.labels)["accuracy"]
    result = score(probabilities, test.labels)
    files.write_csv(arm.predictions, predictions(probabilities, test.labels))
    files.write_json(arm.score, result | {"mirror_accuracy": mirror_accuracy})
    print(f"{architecture} x{width} seed {seed}: accuracy {result['accuracy']:.4f} on {result['n']} test images")


if __name__ == "__main__":
    run(main)
