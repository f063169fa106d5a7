from typing import Any

import pandas as pd

from dscnn import cost_tables, params, report
from timed import RECORD

ARMS = pd.DataFrame(
    {
        "dataset": "stripes", "width": "0.5", "architecture": ["Regular", "Separable"], "seed": ["1", "1"],
        "accuracy": [0.75, 0.5], "loss": [0.4, 0.9], "test_images": 30, "train_images": 48,
        "train_seconds": [8.0, 4.0], "validation_seconds": 1.0, "start_seconds": [6.0, 2.0], "starts": 1,
        "images_per_second": [1500.0, 3000.0], "measured": "2026-01-31",
        "device": "cpu", "processor": "A fast one", "threads": 1, "precision": "float32",
        "data_format": "channels_last", "platform": "Linux x86_64", "python": "3.11", "tensorflow": "2.21.0",
        "keras": "3.15.1",
    }
)  # fmt: skip
NETWORKS = ARMS[["dataset", "width", "architecture", "accuracy", "loss", "train_seconds", "images_per_second"]].assign(
    accuracy_low=[0.7, 0.4], accuracy_high=[0.8, 0.6], parameters=[1000, 250], macs=[64000, 8000], flops=[130000, 16500]
)
LAYERS = cost_tables.layer_table({("stripes", "0.5"): RECORD}, ["Regular", "Separable"])
NETWORKS = NETWORKS.merge(cost_tables.step_table({("stripes", "0.5"): RECORD}, LAYERS, ["Regular", "Separable"]))
DEPLOYED = pd.DataFrame({"dataset": [], "width": []})
COSTS = report.Costs(LAYERS, cost_tables.kind_table(NETWORKS, LAYERS), DEPLOYED, {("stripes", "0.5"): RECORD}, {})
EPOCHS = pd.DataFrame(
    {
        "dataset": "stripes", "width": "0.5", "architecture": ["Regular"] * 4 + ["Separable"] * 4,
        "seed": ["1", "1", "2", "2"] * 2, "epoch": [1, 2] * 4,
        "val_accuracy": [0.7, 0.85, 0.85, 0.8, 0.55, 0.7, 0.6, 0.65],
        "seconds": [4.0, 8.0, 5.0, 11.0, 2.0, 4.0, 3.0, 6.0],
    }
)  # fmt: skip
SPLIT = {
    "n": 1200, "classes": {"low": 500, "high": 700}, "mean": [0.25], "std": [0.5],
    "repeated": 3, "repeated_otherwise_labelled": 1,
}  # fmt: skip
FACTS: dict[str, Any] = {
    "stripes": {
        "splits": {"train": SPLIT, "validation": SPLIT, "test": SPLIT},
        "shared": {"train and validation": 0, "train and test": 2, "validation and test": 1200},
    }
}


def test_the_result_table() -> None:
    """Every figure with its unit, thousands apart."""
    head, rule, regular, _ = report.result_table(NETWORKS, "test accuracy").splitlines()
    assert head.split(" | ")[1] == "test accuracy"
    assert rule.startswith("| :-- | --:")
    assert regular == ("| Regular | 0.7500 | 0.7000 to 0.8000 | 0.4000 | 1,000 | 64,000 | 130,000 | 8.0 s | 1,500 |")


def test_the_relative_table_by_hand() -> None:
    """Points of accuracy, and fractions of the first architecture's costs."""
    *_, separable = report.relative_table(NETWORKS, "accuracy").splitlines()
    assert separable == "| Separable | -25.00 points | 0.250x | 0.125x | 0.127x | 0.500x |"


def test_when_an_accuracy_was_reached_by_hand() -> None:
    """Median over the seeds of the first epoch at a level; not reached unless every seed did."""
    head, _, regular, separable = report.reached_table(EPOCHS, shown=6).splitlines()
    assert head == "| epoch / time to validation accuracy | 0.6 | 0.7 | 0.75 | 0.8 | 0.82 | 0.84 |"
    assert regular == "| Regular |" + " 1 / 4.5 s |" * 2 + " 1.5 / 6.5 s |" * 4
    assert separable == "| Separable | 1.5 / 3.5 s |" + " not reached |" * 5
    assert report.reached_table(EPOCHS, shown=1).splitlines()[0].endswith("| 0.84 |")


def test_the_report_states_its_conditions(settings: params.Params) -> None:
    """Epochs, batch, seeds, device, versions, date, n; and shows the figures and the samples."""
    text = report.report(settings, ARMS, NETWORKS, EPOCHS, FACTS, COSTS)
    for said in ("epochs 1, batch 16, adam at 0.01", "Seeds 1:", "A fast one", "TensorFlow 2.21.0", "2026-01-31",
                 "48 training images, 30 test images", "threads 1"):  # fmt: skip
        assert said in text
    for name in (
        "val_loss",
        "val_accuracy",
        "accuracy_by_time",
        "parameters",
        "train_time",
        "flops",
        "cost_and_time",
        "time_by_kind",
        "samples_stripes",
    ):
        assert f"(../plots/{name}.png)" in text
    assert "test is validation" not in text
    assert "### Cost explained" in text
    assert "**Separable against Regular.**" in text


def test_several_machines_are_all_named(settings: params.Params) -> None:
    """Times of different machines stand in one table only with their names."""
    arms = ARMS.assign(processor=["A fast one", "A slow one"])
    assert "A fast one and A slow one" in report.report(settings, arms, NETWORKS, EPOCHS, FACTS, COSTS)


def test_validation_on_test_is_said_beside_the_numbers(settings: params.Params) -> None:
    """The reference experiment's choice is not passed over."""
    on_test = settings.model_copy(update={"train": settings.train.model_copy(update={"validation": "test"})})
    text = report.report(on_test, ARMS, NETWORKS, EPOCHS, FACTS, COSTS)
    assert "**The validation split is the test split**" in text
    assert text.count("| test accuracy (test is validation) |") == 3, "in every table with accuracies"


def test_the_data_section_names_classes_and_leaks() -> None:
    """A row a split; images that are in two splits stand out, but not those of a split that is meant to be another."""
    text = report.data_section("stripes", FACTS["stripes"], on_test=False)
    assert "2 classes: low, high." in text
    assert text.count("| 1,200 | 500 to 700 | 0.250 | 0.500 | 3 | 1 |") == 3
    assert "**2 images in both train and test; 1,200 images in both validation and test.**" in text
    on_test = report.data_section("stripes", FACTS["stripes"], on_test=True)
    assert "**2 images in both train and test.**" in on_test
    clean = FACTS["stripes"] | {"shared": {"train and test": 0, "train and validation": 0}}
    assert "No image is in both train and test, nor in both train and validation." in report.data_section(
        "stripes", clean, on_test=False
    )
