"""A small measured experiment, made by hand: the files that stage compare reads, and the tables that it makes of them.

Two architectures and three seeds of the data set stripes at width 0.5; the benchmark is that of tests/timed.py, the
probes those of tests/probed.py, the break-even that of tests/swept.py. A measure that has no value here is `ANY`
everywhere, so a new line of `dscnn.reporting.tables.measures` needs none.
"""

from typing import Any

import numpy as np
import pandas as pd

import timed
from dscnn.core import files, splits
from dscnn.core.paths import Arm, metrics
from dscnn.core.splits import Labelled
from dscnn.experiment.params import Params
from dscnn.reporting.figures import style
from dscnn.reporting.source import Source
from dscnn.reporting.tables import (
    arms,
    breakeven,
    classes,
    costs,
    decomposition,
    differences,
    disagreements,
    equal_cost,
    equal_time,
    networks,
    one_image,
    predicted,
)
from dscnn.reporting.tables.measures import MEASURES
from probed import PROBED
from swept import SWEPT

ANY = 1.0
SEEDS = ["1", "2", "3"]
NAMES = ["Regular", "Separable"]
KEY = ("stripes", "0.5")
OWN = {KEY: NAMES}
PLACE = {"dataset": "stripes", "width": "0.5"}
SCORES = {
    "Regular": [{"accuracy": 0.5, "loss": 0.8}, {"accuracy": 0.75, "loss": 0.3}, {"accuracy": 0.4, "loss": 1.0}],
    "Separable": [{"accuracy": 0.3, "loss": 0.5}, {"accuracy": 0.5, "loss": 0.7}, {"accuracy": 0.4, "loss": 0.6}],
}
SPEEDS = {
    "Regular": [
        {"train_seconds": 4.0, "images_per_second": 3000.0},
        {"train_seconds": 5.0, "images_per_second": 2400.0},
        {"train_seconds": 9.0, "images_per_second": 1333.3},
    ],
    "Separable": [
        {"train_seconds": 1.0, "images_per_second": 12000.0},
        {"train_seconds": 2.0, "images_per_second": 6000.0},
        {"train_seconds": 4.0, "images_per_second": 3000.0},
    ],
}
RIGHT = {"Regular": [15, 22, 12], "Separable": [9, 15, 12]}  # the first so many of 30 images, by seed
MARGIN = 0.01
COUNTS = {
    "Regular": {"parameters": 1000, "macs": 64_000, "flops": 130_000},
    "Separable": {"parameters": 250, "macs": 8000, "flops": 16_500},
}
CLOCK = {"validation_seconds": 0.5, "start_seconds": 6.0, "starts": 1, "other_processors": 0.01,
         "measured": "2026-01-31"}  # fmt: skip
ENVIRONMENT = {
    "device": "cpu", "processor": "A fast one", "threads": 1, "precision": "float32",
    "data_format": "channels_last", "platform": "Linux x86_64", "python": "3.11", "tensorflow": "2.21.0",
    "keras": "3.15.1",
}  # fmt: skip


def values(stage: str, known: dict[str, float]) -> dict[str, float]:
    """Return what `stage` writes: every measure that is read from its file."""
    return {measure.name: ANY for measure in MEASURES if measure.stage == stage} | known


def predictions(right: int) -> pd.DataFrame:
    """Return what was predicted for 30 images of three classes: `right` of them right, the rest a class too high."""
    labels = [image % 3 for image in range(30)]
    return pd.DataFrame(
        {"label": labels, "predicted": [(label + (image >= right)) % 3 for image, label in enumerate(labels)]}
    )


def write(arm: Arm, score: dict[str, float], speed: dict[str, float]) -> None:
    """Write what stages train and evaluate write for an arm of two epochs, the second three times as long."""
    files.write_json(arm.score, values("evaluate", score) | {"n": 30})
    rows = predictions(RIGHT[arm.architecture][SEEDS.index(arm.seed)]) if arm.architecture in RIGHT else predictions(30)
    files.write_csv(arm.predictions, rows.to_dict("records"))
    files.write_json(arm.result, {"train_images": 48, "environment": ENVIRONMENT})
    epochs = {"epoch_seconds": [speed["train_seconds"] / 4, speed["train_seconds"] * 3 / 4]}
    files.write_json(arm.timing, values("train", speed) | CLOCK | epochs | {"environment": ENVIRONMENT})
    files.write_csv(
        arm.history,
        [
            {"epoch": 1, "accuracy": 0.5, "val_loss": 0.5, "val_accuracy": 0.5},
            {"epoch": 2, "accuracy": 0.7, "val_loss": 0.25, "val_accuracy": 0.75},
        ],
    )


def write_all() -> list[Arm]:
    """Write what all stages before compare write, to the current folder; return the arms."""
    experiment = []
    for name in NAMES:
        files.write_json(metrics("cost", *KEY, name), values("cost", COUNTS[name]) | {"layers": []})
        files.write_json(metrics("deploy", *KEY, name, SEEDS[0]), {"formats": {}})
        for seed, score, speed in zip(SEEDS, SCORES[name], SPEEDS[name], strict=True):
            experiment.append(Arm(*KEY, name, seed))
            write(experiment[-1], score, speed)
    files.write_json(metrics("prepare", KEY[0]), FACTS)
    splits.save(KEY[0], "test", Labelled(IMAGES, np.arange(30, dtype=np.uint8) % 3))
    files.write_json(metrics("benchmark", *KEY), timed.RECORD)
    files.write_json(metrics("probes", *KEY), PROBED)
    files.write_json(metrics("latency", *KEY), {"formats": {}})
    files.write_json(metrics("breakeven", KEY[0]), SWEPT)
    return experiment


ARMS = pd.DataFrame(
    [
        PLACE
        | {"architecture": name, "seed": seed, "test_images": 30, "train_images": 48}
        | values("evaluate", score)
        | values("train", speed)
        | CLOCK
        | ENVIRONMENT
        | {"timed": True}
        for name in NAMES
        for seed, score, speed in zip(SEEDS, SCORES[name], SPEEDS[name], strict=True)
    ]
)
COSTS = pd.DataFrame([PLACE | {"architecture": name} | values("cost", COUNTS[name]) for name in NAMES])
BENCHMARKS = {KEY: timed.RECORD}
LAYERS = costs.layer_table(BENCHMARKS, OWN)
STEPS = costs.step_times(BENCHMARKS, LAYERS, OWN)
DEPLOYED = pd.DataFrame(columns=arms.DEPLOYED)
NETWORKS = one_image.added(networks.network_table(ARMS, COSTS, STEPS), one_image.lite_table({}, OWN))
OPERATIONS = costs.operation_table(NETWORKS, LAYERS)
PREDICTED = predicted.table({KEY: PROBED}, BENCHMARKS, OWN)
RELATIVE = costs.relative_table(BENCHMARKS, NETWORKS)
CHANGES = decomposition.table(BENCHMARKS, OWN)
EPOCHS = pd.DataFrame(
    {
        "dataset": "stripes", "width": "0.5", "architecture": ["Regular"] * 4 + ["Separable"] * 4,
        "seed": ["1", "1", "2", "2"] * 2, "epoch": [1, 2] * 4,
        "accuracy": [0.5, 0.8] * 4,
        "val_loss": [0.9, 0.5, 0.6, 0.4, 1.0, 0.8, 0.9, 0.7],
        "val_accuracy": [0.7, 0.85, 0.85, 0.8, 0.55, 0.7, 0.6, 0.65],
        "seconds": [4.0, 8.0, 5.0, 11.0, 2.0, 4.0, 3.0, 6.0],
    }
)  # fmt: skip
PREDICTIONS = {
    Arm(*KEY, name, seed): predictions(right) for name in NAMES for seed, right in zip(SEEDS, RIGHT[name], strict=True)
}
DIFFERENCES = differences.table(classes.right(PREDICTIONS), MARGIN)
PAIRED = differences.paired_table(classes.right(PREDICTIONS))
CLASSES = ["low", "middle", "high"]
CONFUSION = classes.confusion_table(PREDICTIONS, {"stripes": CLASSES})
SPLIT = {
    "n": 1200, "classes": {"low": 500, "middle": 600, "high": 700}, "mean": [0.25], "std": [0.5],
    "repeated": 3, "repeated_otherwise_labelled": 1,
}  # fmt: skip
FACTS: dict[str, Any] = {
    "splits": {"train": SPLIT, "validation": SPLIT, "test": SPLIT},
    "shared": {"train and validation": 0, "train and test": 2, "validation and test": 1200},
}
BREAKEVEN = breakeven.breakeven_table({KEY[0]: SWEPT}, {KEY[0]: NAMES}).astype({"threads": str})
EQUAL_TIME = equal_time.table(EPOCHS, MARGIN)
EQUAL_COST = equal_cost.table(NETWORKS, ARMS, MARGIN)
DISAGREEMENTS = disagreements.table(PREDICTIONS, {"stripes": CLASSES})
IMAGES = np.arange(30 * 16, dtype=np.uint8).reshape(30, 4, 4, 1)
TABLES = {
    "arms": ARMS, "breakeven": BREAKEVEN, "confusion": CONFUSION, "decomposition": CHANGES, "deployed": DEPLOYED,
    "differences": DIFFERENCES, "disagreements": DISAGREEMENTS.assign(pixels=[*IMAGES[DISAGREEMENTS["image"]]]),
    "epochs": EPOCHS, "equal_cost": EQUAL_COST, "equal_time": EQUAL_TIME, "layers": LAYERS, "networks": NETWORKS,
    "operations": OPERATIONS,
    "paired": PAIRED, "predicted": PREDICTED, "relative": RELATIVE,
}  # fmt: skip
REFERENCE: dict[str, Any] = {
    "source": "nobody", "steps": 1, "architectures": {
        "Regular": {
            "kinds": ["conv", "conv"], "parameters": 1000, "keras_flops": 2000, "step_flops": 1, "step_bytes": 1,
            "machines": {"GPU": {"roofline_seconds": 1.0, "by_class": {"Dense": 1.0}}},
            "published": {
                "parameters": 1000, "keras_flops": 2000, "train_seconds": 2.0, "accuracy": 0.9,
                "accuracy_last_ten": 0.9, "accuracy_best": 0.9,
            },
        },
    },
    "remarks": [], "keras_flops_digit": 1,
    "conditions": {"dataset": "stripes", "runs": 1, "validation": "test", "train": {"batch_size": 256}},
}  # fmt: skip
LOOKS = style.looks(NAMES)


def source(settings: Params, **changed: Any) -> Source:
    """Return what the report is made from; `changed` are fields of it."""
    return Source(settings, TABLES, {"stripes": FACTS}, BENCHMARKS, {}, [])._replace(**changed)
