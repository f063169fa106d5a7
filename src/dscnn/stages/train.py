"""Stage train@D-W-A-S: one arm, from the prepared images to weights, history and result.

All three outputs are determined by params.yaml, the data, the software, the kind of processor and the thread
count, however often the training was interrupted. What the clock measured is not, and goes another way: see
`dscnn.stages.logbook`.
"""

from dscnn.core import device, files, paths
from dscnn.core.device import keras
from dscnn.core.seeds import stream
from dscnn.core.stage import run
from dscnn.experiment import datasets, params
from dscnn.training import checkpoint
from dscnn.training.callbacks import noted_signals
from dscnn.training.fit import fit
from dscnn.training.history import summary


def main(dataset: str, width: str, architecture: str, seed: str) -> None:
    """Train one arm, or resume it where an interrupted process left it."""
    settings, entry, arm = params.load(), datasets.entry(dataset), paths.Arm(dataset, width, architecture, seed)
    with checkpoint.alone(arm), noted_signals() as signals:
        device.configure(settings.compute)
        keras.utils.set_random_seed(stream(int(seed), "rest"))
        with device.plain_errors(f"lower train.batch_size ({settings.train.batch_size})"):
            history, clock, images = fit(settings, entry, arm, signals)
        files.write_arrays(arm.weights, history.weights)
        files.write_csv(arm.trained_history, history.epochs)
        result = {
            **arm._asdict(),
            **summary(history.epochs, settings.train.keep),
            "train_images": images,
            "weights_sha256": files.sha256(arm.weights),
            "environment": device.provenance(settings.compute),
        }
        files.write_json(arm.trained_result, result)
        time = paths.measured_time(files.sha256(arm.trained_result))
        files.write_json(time, clock.reading(images, settings.train.batch_size))
        checkpoint.remove(arm)


if __name__ == "__main__":
    run(main)
