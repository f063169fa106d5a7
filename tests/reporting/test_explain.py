"""Sentences from tables: the numbers are those of tests/timed.py, and other facts give other sentences."""

import copy
from typing import Any

import pandas as pd
import pytest

import frames
from dscnn.reporting import explain
from dscnn.reporting.tables import costs
from dscnn.reporting.tables.arms import DEPLOYED
from timed import RECORD, timing

Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
BY_HAND = (frames.NETWORKS, frames.LAYERS, frames.OPERATIONS)


def changed(step: float | None = None, layers: list[dict[str, Any]] | None = None) -> Tables:
    """Return networks, layers and operations where Separable's step takes `step` seconds, or it has `layers`."""
    record = copy.deepcopy(RECORD)
    own = record["architectures"]["Separable"]
    own["training_step"] = timing(step) if step else own["training_step"]
    own["layers"] = layers or own["layers"]
    benchmarks = {frames.KEY: record}
    table = costs.layer_table(benchmarks, frames.NAMES)
    counts = frames.COSTS[["architecture", "macs"]]
    networks = costs.step_times(benchmarks, table, frames.NAMES).merge(counts, on="architecture")
    return networks, table, costs.operation_table(networks, table)


def test_a_pair_by_hand() -> None:
    """The paragraph compares work, bytes, time and predictions, and says where the time goes."""
    (said,) = explain.pairs(*BY_HAND, ridge=5)
    assert said == (
        "**Separable against Regular.** It does 8x fewer multiply-adds, moves 1.48x the bytes in a training step, and"
        " takes 0.625x the time."
        " Multiply-adds alone predict 0.125x, bytes alone 1.48x, the roofline 0.379x. The best prediction is that of"
        " the roofline."
        " Its depthwise convolutions do 16.7% of its multiply-adds and take 50% of the time of its layers. They do 2"
        " FLOPs per byte moved, less than 5, so by the rates above they are memory-bound."
        " It spends 300 ms less in convolution, 120 ms more in depthwise, 60 ms more in pointwise."
    )


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (0.05, "0.125x the time. M"),
        (0.05, "that of multiply-adds, within 15% of the time measured: there is nothing for memory traffic to expl"),
        (0.08, "The best prediction is that of multiply-adds. I"),
        (0.6, "takes 1.5x the time. M"),
        (0.6, "The best prediction is that of bytes. I"),
        (0.39, "takes 0.975x the time (the ranges of the rounds overlap). M"),
    ],
)
def test_another_time_gives_other_sentences(step: float, said: str) -> None:
    """Regular's step takes 400 ms (360 to 440), Separable's the given time (a tenth less to a tenth more)."""
    (paragraph,) = explain.pairs(*changed(step), ridge=5)
    assert said in paragraph


def test_depthwise_convolutions_above_the_ridge_are_not_memory_bound() -> None:
    """They do 2 FLOPs per byte."""
    (said,) = explain.pairs(*BY_HAND, ridge=1)
    assert "They do 2 FLOPs per byte moved, not less than 1, so by the rates above they are not memory-bound." in said


def test_without_depthwise_convolutions_none_are_spoken_of() -> None:
    """The two networks have the same layers; only their steps differ."""
    (said,) = explain.pairs(*changed(layers=RECORD["architectures"]["Regular"]["layers"]), ridge=5)
    assert "depthwise" not in said
    assert "spends" not in said, "no operation takes another time"


def test_networks_with_as_many_multiply_adds() -> None:
    """No ratio is given where there is none."""
    networks, *rest = BY_HAND
    (said,) = explain.pairs(networks.assign(macs=8000), *rest, ridge=5)
    assert "It does as many multiply-adds, moves" in said


def test_the_subject_has_fewer_multiply_adds_whatever_the_order() -> None:
    """The order of params.yaml does not matter."""
    networks, *rest = BY_HAND
    assert explain.pairs(networks, *rest, ridge=5) == explain.pairs(networks[::-1], *rest, ridge=5)


def test_every_pair_has_its_paragraph() -> None:
    """Three architectures make three pairs, each told from its own rows."""
    third = [table.replace({"architecture": "Separable"}, "Third")[table["architecture"] == "Separable"]
             for table in BY_HAND]  # fmt: skip
    tables = [pd.concat([table, more]) for table, more in zip(BY_HAND, third, strict=True)]
    said = explain.pairs(*tables, ridge=5)
    assert [each.split("**")[1] for each in said] == [
        "Separable against Regular.", "Third against Regular.", "Separable against Third."
    ]  # fmt: skip
    assert said[1].split(".** ")[1] == said[0].split(".** ")[1]


def test_the_rates_of_the_machine_by_hand() -> None:
    """1 GFLOP/s of products, and half of that otherwise, over 0.1 GB/s make 10 and 5 FLOPs per byte."""
    starts = RECORD["ceilings"]["start_seconds"] | {"depthwise": 0.00002, "product": 0.0025}
    small, large = RECORD["ceilings"]["passes"]
    passes = [small | {"bytes_per_second": 2.5e8}, large]
    ceilings = RECORD["ceilings"] | {"start_seconds": starts, "passes": passes}
    assert explain.ceilings(RECORD | {"ceilings": ceilings}) == (
        "The rates of this machine (cpu, A fast one, 2 threads) were measured in the same run. Matrix products reached"
        " 0.5 GFLOP/s in float32 and 1 GFLOP/s in bfloat16. Element-wise operations in bfloat16 moved 0.1 GB/s on"
        " arrays larger than the caches, and up to 0.25 GB/s on smaller ones. Starting an operation took 20 µs"
        " (depthwise) to 2,500 µs (product). By these rates, convolutions and dense layers are memory-bound below 10"
        " FLOPs per byte moved, depthwise convolutions and element-wise operations below 5."
    )


def test_a_quiet_machine_and_one_that_was_not() -> None:
    """The worst of the whole steps is named, with its range."""
    assert explain.noise(RECORD) == "In 5 rounds no whole step varied by more than a tenth of its median."
    assert explain.noise(RECORD | {"noisy": {"Regular inference": 0.3, "Separable training_step": 0.12}}) == (
        "**This machine was not quiet**: in 5 rounds 2 of the whole steps varied by more than a tenth of their median,"
        " Regular inference the most (30%). Differences within the ranges mean nothing."
    )


def test_what_exceeds_the_prediction_by_hand() -> None:
    """Regular's convolution takes 57 ms too long, its pooling 17; the optimizer has no prediction."""
    networks, _, operations = BY_HAND
    regular, separable = explain.excess(networks, operations).splitlines()
    assert regular == (
        "- Regular: its layers take 362 ms instead of the predicted 285 ms. The largest excess is in convolution (300"
        " ms instead of 243 ms) and pooling (50 ms instead of 33 ms)."
    )
    assert separable == (
        "- Separable: its layers take 242 ms instead of the predicted 108 ms. The largest excess is in depthwise (120"
        " ms instead of 33 ms) and pointwise (60 ms instead of 33 ms)."
    )


def test_nothing_exceeds_the_prediction() -> None:
    """The machine is faster than its roofline in every operation."""
    networks, _, operations = BY_HAND
    fast = operations.assign(seconds=operations["roofline_seconds"] / 2)
    regular, _ = explain.excess(networks, fast).splitlines()
    assert regular.endswith("285 ms. No operation takes longer than predicted.")


def test_agreement_in_words() -> None:
    """Each number has its place."""
    figures = {
        "layers": 60,
        "rank_correlation": 0.9512,
        "median_ratio": 1.12,
        "median_factor": 1.44,
        "total_ratio": 0.8,
    }
    said = explain.agreement(figures)
    for part in (
        "compared with the 60 different layer timings of this run",
        "rank correlation (Spearman) of predicted and measured times is 0.95.",
        "median ratio of measured to predicted time is 1.1, and the median error is a factor of 1.4.",
        "The sum of all measured times is 0.80x the sum of the predicted ones.",
    ):
        assert part in said


def deployed(*accuracies: float) -> pd.DataFrame:
    """Return a table of networks converted to float32 and int8, with these accuracies, that agree with Keras."""
    rows = [
        {"architecture": "Regular", "seed": str(i // 2 + 1), "format": ("float32", "int8")[i % 2], "accuracy": accuracy}
        for i, accuracy in enumerate(accuracies)
    ]
    return pd.DataFrame(rows, columns=DEPLOYED).assign(agreement=1.0)


def test_a_conversion_that_loses_accuracy_is_pointed_out() -> None:
    """The warning is in bold, and compares with the float32 conversion of the same network."""
    assert explain.losses(deployed(0.75, 0.1, 0.25, 0.25)) == [
        "**The int8 conversion of Regular, seed 1, failed**: its accuracy is 0.1000 instead of 0.7500. Do not use this"
        " file, and do not compare its latency."
    ]


@pytest.mark.parametrize(("int8", "warnings"), [(0.9, 0), (0.75, 0), (0.7301, 0), (0.7299, 1), (0.0, 1)])
def test_a_loss_of_two_points_is_too_much(int8: float, warnings: int) -> None:
    """Float32 has 0.75; a gain is no loss."""
    assert len(explain.losses(deployed(0.75, int8))) == warnings


def test_a_conversion_with_other_classes_is_pointed_out() -> None:
    """It may have the same accuracy all the same."""
    assert explain.losses(deployed(0.75, 0.75).assign(agreement=[1.0, 0.9102])) == [
        "**The int8 conversion of Regular, seed 1, differs from its network**: it gives 8.98% of the test images"
        " another class than the Keras network does. Its accuracy is 0.7500 instead of 0.7500."
    ]


@pytest.mark.parametrize(("agreement", "warnings"), [(1.0, 0), (0.97, 0), (0.9699, 1), (0.0, 1)])
def test_another_class_for_three_images_of_a_hundred_is_too_much(agreement: float, warnings: int) -> None:
    """That is so without a conversion to float32 to compare accuracies with, too."""
    alone = deployed(0.75, 0.75)[1:].assign(agreement=agreement)
    assert len(explain.losses(alone)) == warnings


def test_a_conversion_that_failed_is_pointed_out_once() -> None:
    """Its loss says more than how often it gives another class."""
    (warning,) = explain.losses(deployed(0.75, 0.1).assign(agreement=[1.0, 0.2]))
    assert "failed" in warning
