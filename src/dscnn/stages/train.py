"""Stage train@D-W-A-S: one arm, from the prepared images to weights, history, result and timing.

The first three are determined by params.yaml, the data, the software, the kind of processor and the thread count,
however often the training was interrupted. The timing is what the clock said; it travels with the weights through
DVC's cache, so that a training taken from there keeps the time that it took.
"""

from dscnn.core import device, files, paths
from dscnn.core.device import keras
from dscnn.core.seeds import stream
from dscnn.core.stage import run
from dscnn.experiment import datasets, params
from dscnn.training import checkpoint
from dscnn.training.callbacks import noted_signals
from dscnn.training.clock import CONVENTION
from dscnn.training.fit import decides, fit
from dscnn.training.history import summary


def main(dataset: str, width: str, architecture: str, seed: str) -> None:
    """Train one arm, or resume it where an interrupted process left it."""
    settings, entry, arm = params.load(), datasets.entry(dataset), paths.Arm(dataset, width, architecture, seed)
    device.configure(settings.compute)
    environment = device.provenance(settings.compute)
    kept = checkpoint.path_of(arm, decides(settings, entry, arm))
    with checkpoint.alone(kept), noted_signals() as signals:
        keras.utils.set_random_seed(stream(int(seed), "rest"))
        with device.plain_errors(f"lower train.batch_size ({settings.train.batch_size})"):
            fitted = fit(settings, entry, arm, kept, signals)
        files.write_arrays(arm.weights, fitted.history.weights)
        files.write_csv(arm.history, fitted.history.epochs)
        result = {
            **arm._asdict(),
            **summary(fitted.history.epochs, settings.train.keep),
            "train_images": fitted.images,
            "weights_sha256": files.sha256(arm.weights),
            "environment": environment,
        }
        files.write_json(arm.result, result)
        reading = fitted.clock.reading(fitted.images, settings.train.batch_size)
        files.write_json(arm.timing, {"convention": CONVENTION, **reading, "environment": environment})
        checkpoint.remove(kept)


if __name__ == "__main__":
    run(main)
