"""Stage evaluate@D-W-A-S: the weights of one arm on the test split.

No other stage learns from that split, unless `validation` is "test".
"""

import numpy as np

from dscnn.core import device, files, paths, splits
from dscnn.core.device import keras
from dscnn.core.stage import run
from dscnn.experiment import datasets, params
from dscnn.networks.build import build, laid_out, restore


def score(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float | int]:
    """Return accuracy, mean cross-entropy in nats and n for `probabilities` (n, classes) and `labels` (n,)."""
    chosen = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return {
        "accuracy": float(np.mean(probabilities.argmax(1) == labels)),
        "loss": float(-np.log(np.maximum(chosen, keras.config.epsilon())).mean()),
        "n": len(labels),
    }


def predictions(probabilities: np.ndarray, labels: np.ndarray) -> list[dict[str, object]]:
    """Return a row an image of the test split, in its order: label, predicted class, that class's probability."""
    return [
        {"image": i, "label": int(label), "predicted": int(row.argmax()), "probability": f"{row.max():.4f}"}
        for i, (row, label) in enumerate(zip(probabilities, labels, strict=True))
    ]


def main(dataset: str, width: str, architecture: str, seed: str) -> None:
    """Score one arm on the test split, once."""
    settings, entry, arm = params.load(), datasets.entry(dataset), paths.Arm(dataset, width, architecture, seed)
    device.configure(settings.compute)
    kinds, batch_size = settings.architectures[architecture], settings.train.batch_size
    network = build(settings.network, kinds, float(width), entry.shape, len(entry.classes))
    restore(network, files.read_arrays(arm.weights), arm.weights)
    test = splits.load(dataset, "test")
    with device.plain_errors(f"lower train.batch_size ({batch_size})"):
        probabilities = network.predict(laid_out(test.images), batch_size=batch_size, verbose=0)
    result, score_path = score(probabilities, test.labels), paths.metrics("evaluate", *arm)
    files.write_csv(score_path.with_suffix(".csv"), predictions(probabilities, test.labels))
    files.write_json(score_path, result)
    print(f"{architecture} x{width} seed {seed}: accuracy {result['accuracy']:.4f} on {result['n']} test images")


if __name__ == "__main__":
    run(main)
