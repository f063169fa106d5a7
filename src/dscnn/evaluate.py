"""Stage evaluate@D-W-A-S: the weights of one arm on the test split.

No other stage learns from that split, unless `train.validation` is "test".
"""

import numpy as np

from dscnn import device, files, layout, networks, params
from dscnn.batches import Batches
from dscnn.device import keras
from dscnn.labelled import Labelled
from dscnn.stage import Problem, run


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


def restore(model: keras.Model, weights: dict[str, np.ndarray], source: object) -> None:
    """Give `model` the values in `weights`, by name; raises `Problem` unless names and shapes are the same."""
    expected = {variable.path: tuple(variable.shape) for variable in model.weights}
    if {name: value.shape for name, value in weights.items()} != expected:
        raise Problem(f"{source} holds the weights of another network; remove it, 'dvc repro' makes it again")
    for variable in model.weights:
        variable.assign(weights[variable.path])


def main(dataset: str, width: str, architecture: str, seed: str) -> None:
    """Score one arm on the test split, once."""
    settings, arm = params.load(), layout.Arm(dataset, width, architecture, seed)
    entry = settings.catalogue[dataset]
    device.configure(settings.train)
    model = networks.build(
        settings.network, settings.architectures[architecture], float(width), entry.shape, len(entry.classes)
    )
    restore(model, files.read_arrays(arm.weights), arm.weights)
    test = Labelled(**files.read_arrays(layout.prepared(dataset, "test")))
    batches = Batches(test, len(entry.classes), settings.train.batch_size).dataset()
    with device.memory_named(f"lower train.batch_size ({settings.train.batch_size})"):
        probabilities = model.predict(batches, verbose=0)
    result = score(probabilities, test.labels)
    files.write_csv(arm.predictions, predictions(probabilities, test.labels))
    files.write_json(arm.score, result)
    print(f"{architecture} x{width} seed {seed}: accuracy {result['accuracy']:.4f} on {result['n']} test images")


if __name__ == "__main__":
    run(main)
