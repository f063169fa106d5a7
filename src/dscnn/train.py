"""Stage train@D-W-A-S: one arm, from the prepared images to weights, history and result.

All three outputs are determined by params.yaml, the data, the software, the kind of processor and the thread
count, however often the training was interrupted. What the clock said is not, and goes another way: see
`dscnn.logbook`.
"""

from dscnn import device, files, layout, params, resume, watch
from dscnn.augment import Augment
from dscnn.batches import Batches, Shuffled, Training
from dscnn.device import keras
from dscnn.labelled import Labelled
from dscnn.ledger import Average, Ledger, Row, best
from dscnn.recipe import rates
from dscnn.seeds import stream
from dscnn.stage import Problem, run
from dscnn.trainable import compiled


def summarise(history: list[Row], keep: str) -> dict[str, object]:
    """Return the figures of the last epoch and of the best, and which of the two the weights are of."""
    highest = best(history)
    return {
        "epochs": len(history),
        "last": {name: value for name, value in history[-1].items() if name != "epoch"},
        "best_epoch": highest["epoch"],
        "best_val_accuracy": highest["val_accuracy"],
        "kept_epoch": (highest if keep == "best" else history[-1])["epoch"],
    }


def decides(settings: params.Params, arm: layout.Arm) -> dict[str, object]:
    """Return all that decides an arm's weights, except the code: no other training may go on from its state."""
    train, entry = settings.train, settings.catalogue[arm.dataset]
    return {
        **arm._asdict(),
        "shape": list(entry.shape),
        "classes": len(entry.classes),
        "kinds": list(settings.architectures[arm.architecture]),
        "network": dict(settings.network),
        "recipe": dict(settings.recipe),
        "train": {
            name: getattr(train, name)
            for name in ("epochs", "batch_size", "optimizer", "learning_rate", "keep", "early_stopping")
        },
        "data": [files.sha256(layout.prepared(arm.dataset, split)) for split in ("train", "validation")],
        "environment": device.provenance(train),
        "processor_flags": device.cpuinfo("flags"),
    }


def fit(settings: params.Params, arm: layout.Arm, signals: list[str]) -> tuple[Ledger, watch.Clock, int]:
    """Train `arm` and return its ledger, its clock and the number of training images.

    Raises `Problem` when the loss stops being a number or explodes, and ends the process when one of `signals` came.
    """
    train, recipe, classes = settings.train, settings.recipe, len(settings.catalogue[arm.dataset].classes)
    data, held = (
        Labelled(**files.read_arrays(layout.prepared(arm.dataset, split))) for split in ("train", "validation")
    )
    images = len(data.labels)
    steps = -(-images // train.batch_size)
    if steps < 2:
        raise Problem(
            f"train.batch_size {train.batch_size} makes one step of the {images} training images, and the first step"
            " of an epoch is not always timed: smaller batches"
        )
    table = rates(train, recipe, train.epochs * steps)
    model = compiled(settings, arm, table)
    clock = watch.Clock()
    path = arm.state / f"{resume.fingerprint(decides(settings, arm))}.npz"
    ledger = Ledger(model, path, clock, table, steps, train.keep, train.early_stopping)
    ledger.go_on()
    done = len(ledger.history)
    if done == train.epochs or ledger.stops:
        return ledger, clock, images
    augment = Augment(recipe.shift, recipe.flip, recipe.cutout)
    batches = Batches(data, classes, train.batch_size, Training(int(arm.seed), augment, recipe.label_smoothing))
    precision = device.precision(train)
    remedy = f"lower train.learning_rate ({train.learning_rate:g}) or use precision float32 (now {precision})"
    title = f"{arm.architecture} x{arm.width} seed {arm.seed}"
    callbacks = [
        Shuffled(batches),
        clock,
        watch.Guard(remedy, classes, signals, lambda: ledger.saved_epoch),
        ledger,
        watch.Progress(title, train.epochs, images, train.batch_size, done),
        *([Average()] if recipe.average else []),
    ]
    model.fit(
        batches.dataset(),
        validation_data=Batches(held, classes, train.batch_size).dataset(),
        initial_epoch=done,
        epochs=train.epochs,
        verbose=0,
        shuffle=False,
        callbacks=callbacks,
    )
    return ledger, clock, images


def main(dataset: str, width: str, architecture: str, seed: str) -> None:
    """Train one arm, or go on with it where an interrupted process left it."""
    settings, arm = params.load(), layout.Arm(dataset, width, architecture, seed)
    with resume.alone(arm.state), watch.noted_signals() as signals:
        device.configure(settings.train)
        keras.utils.set_random_seed(stream(int(seed), "rest"))
        with device.memory_named(f"lower train.batch_size ({settings.train.batch_size})"):
            ledger, clock, images = fit(settings, arm, signals)
        files.write_arrays(arm.weights, ledger.weights)
        files.write_csv(arm.trained_history, ledger.history)
        result = {
            **arm._asdict(),
            **summarise(ledger.history, settings.train.keep),
            "train_images": images,
            "weights_sha256": files.sha256(arm.weights),
            "environment": device.provenance(settings.train),
        }
        files.write_json(arm.trained_result, result)
        reading = clock.reading(images, settings.train.batch_size)
        files.write_json(layout.measured_time(files.sha256(arm.trained_result)), reading)
        resume.forget(arm.state)


if __name__ == "__main__":
    run(main)
