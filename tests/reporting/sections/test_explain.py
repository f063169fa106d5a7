"""Sentences from tables: the numbers are those of tests/timed.py, and other facts give other sentences."""

import copy
import math
from typing import Any

import pandas as pd
import pytest

import frames
from dscnn.reporting.sections import explain
from dscnn.reporting.tables import costs, decomposition
from dscnn.reporting.tables.arms import DEPLOYED
from timed import RECORD, timing


def said_of(record: dict[str, Any], names: list[str] = frames.NAMES) -> list[str]:
    benchmarks, own = {frames.KEY: record}, {frames.KEY: names}
    layers = costs.layer_table(benchmarks, own)
    return explain.pairs(costs.step_times(benchmarks, layers, own), decomposition.table(benchmarks, own))


def with_step(seconds: float) -> dict[str, Any]:
    """Return the record where a step of Separable takes `seconds`, a tenth less to a tenth more."""
    record = copy.deepcopy(RECORD)
    record["architectures"]["Separable"]["training_step"] = timing(seconds)
    return record


def test_a_pair_by_hand() -> None:
    """What a step takes less, and which parts it saves and spends, the largest first."""
    assert said_of(RECORD) == [
        "**Separable against Regular**: a step takes 150 ms less (250 ms against 400 ms; the difference is -165 to"
        " -135 ms). It saves most: multiply-adds (204 ms) and convolution kernels (60.0 ms); it takes longer for"
        " depthwise kernels (90.0 ms) and pointwise kernels (30.0 ms)."
    ]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (0.05, "a step takes 350 ms less (50.0 ms against 400 ms; the difference is -"),
        (0.6, "a step takes 200 ms more (600 ms against 400 ms; the difference is +1"),
    ],
)
def test_the_sign_of_the_difference_decides_the_word(step: float, said: str) -> None:
    """Regular's step takes 400 ms."""
    assert said in said_of(with_step(step))[0]


def test_what_cannot_be_told_apart_is_not_called_less_or_more() -> None:
    """The rounds of the two steps overlap in every way."""
    record = with_step(0.39)
    for name, rounds in (("Regular", [0.3, 0.35, 0.4, 0.45, 0.5]), ("Separable", [0.5, 0.29, 0.39, 0.44, 0.34])):
        record["architectures"][name]["training_step"]["rounds"] = rounds
    (said,) = said_of(record)
    assert "Regular**: the steps cannot be told apart (390 ms against 400 ms; the difference is -" in said
    assert "less" not in said
    assert "it takes longer for depthwise kernels (90.0 ms)" in said, "of a part that is certain"


def test_a_part_whose_interval_holds_zero_is_said_to_be_uncertain() -> None:
    """The kernels of the convolutions are noisy; of a small part that may be chance nothing is said."""
    record = copy.deepcopy(RECORD)
    conv = record["architectures"]["Regular"]["layers"][1]
    conv["training_seconds"]["rounds"] = [0.1, 0.2, 0.3, 0.9, 0.9]
    said = said_of(record)[0]
    assert "It saves most: multiply-adds (204 ms); it takes longer for depthwise kernels (90.0 ms) and" in said
    assert said.endswith(" The difference in convolution kernels is -60.0 ms, which may be chance (-660 to +140 ms).")
    assert "chance" not in said_of(RECORD)[0], "the rest of the step, -30 ms at most 0, is no larger than what is named"


def test_networks_with_the_same_layers() -> None:
    """No part is shorter or longer for certain."""
    record = copy.deepcopy(RECORD)
    record["architectures"]["Separable"] = copy.deepcopy(record["architectures"]["Regular"])
    (said,) = said_of(record)
    assert said == (
        "**Separable against Regular**: the steps cannot be told apart (400 ms against 400 ms; the difference is 0 to 0"
        " ms). No part of it is shorter for certain; no part is longer for certain."
    )


def test_every_pair_has_its_sentence() -> None:
    """Three architectures make three pairs, each told from its own rows."""
    record = copy.deepcopy(RECORD)
    record["architectures"]["Third"] = copy.deepcopy(record["architectures"]["Separable"])
    said = said_of(record, [*frames.NAMES, "Third"])
    assert [each.split("**")[1] for each in said] == [
        "Separable against Regular", "Third against Regular", "Third against Separable"
    ]  # fmt: skip
    assert said[1].split("**")[2] == said[0].split("**")[2]


def test_the_rates_of_the_machine_by_hand() -> None:
    """1 GFLOP/s of products, and half of that otherwise, over 0.1 GB/s make 10 and 5 FLOPs per byte."""
    small, large = RECORD["ceilings"]["memory"]
    ceilings = RECORD["ceilings"] | {"memory": [small | {"bytes_per_second": 2.5e8}, large]}
    assert explain.ceilings(RECORD | {"ceilings": ceilings}) == (
        "What this machine allows (cpu, A fast one, 2 threads) was measured in the same run. Matrix products and"
        " convolutions reached 0.500 GFLOP/s in float32 and 1.00 GFLOP/s in bfloat16. Adding two arrays in float32"
        " moved 0.100 GB/s between memory and processor, and 0.250 GB/s where they fit into its caches. So from memory,"
        " a convolution or dense layer is memory-bound below 10.0 FLOPs per byte, a depthwise convolution or"
        " element-wise operation below 5.00."
    )


def test_a_gpu_moves_bytes_by_another_operation() -> None:
    """Which stage benchmark chose; the sentence has its name."""
    said = explain.ceilings(RECORD | {"environment": RECORD["environment"] | {"device": "A card"}})
    assert "(A card, A fast one, 2 threads)" in said
    assert "Taking the larger of each number and another one in float32 moved 0.100 GB/s" in said


def test_one_rate_for_all_layers_is_said_once() -> None:
    """In float32 products have no more than other operations."""
    ceilings = copy.deepcopy(RECORD["ceilings"])
    ceilings["matrix_flops_per_second"] = {"float32": 5e8}
    said = explain.ceilings(RECORD | {"ceilings": ceilings})
    assert said.endswith("So from memory, a layer is memory-bound below 5.00 FLOPs per byte.")


@pytest.mark.parametrize(("others", "stolen", "busy"), [(0.04, 0.01, False), (0.07, 0.02, False), (0.04, 0.08, True)])
def test_a_busy_machine_is_pointed_out(others: float, stolen: float, busy: bool) -> None:
    """More than a tenth of a processor counts, whoever took it."""
    said = explain.load(RECORD | {"load": {"other_processors": others, "stolen_processors": stolen}})
    assert (
        f"other processes used {others:.2f} processors and the host took {stolen:.2f} (steal time), in the mean" in said
    )
    assert said.startswith("**The machine was busy") == busy


@pytest.mark.parametrize("unknown", [None, math.nan])
@pytest.mark.parametrize(("others", "busy"), [(0.04, False), (0.1, False), (0.11, True)])
def test_what_the_host_took_is_left_out_where_it_is_unknown(unknown: float | None, others: float, busy: bool) -> None:
    """A record has null where the system does not tell; a table not a number. Other processes alone decide then."""
    said = explain.load({"load": {"other_processors": others, "stolen_processors": unknown}})
    assert f"other processes used {others:.2f} processors, in the mean" in said
    assert "host" not in said
    assert said.startswith("**The machine was busy") == busy


def test_no_layer_is_below_its_bound() -> None:
    """Fourteen, of which four are of layers that the two networks share; the first reaches most of its bound."""
    assert len(frames.LAYERS) == 14
    assert explain.bounds(frames.LAYERS) == (
        "None of the 10 timings of layers is faster than its bound by more than 10% plus its interval; the highest"
        " share is 80%."
    )


def test_a_layer_below_its_bound_is_pointed_out() -> None:
    """The worst is named, in bold, with both times."""
    fast = frames.LAYERS.copy()
    mine = (fast["layer"] == "block1_pool") & (fast["architecture"] == "Regular") & (fast["direction"] == "training")
    fast.loc[mine, ["seconds", "seconds_high", "share"]] = [0.015, 0.016, 2.0]
    assert explain.bounds(fast).startswith(
        "**1 of the 11 timings of layers is faster than its bound**, block1_pool of Regular (training) the most:"
        " 15.0 ms instead of 30.0 ms."
    )


@pytest.mark.parametrize(("step", "warned"), [(0.4, 0), (0.49, 0), (0.31, 0), (0.51, 1), (0.29, 1)])
def test_a_training_unlike_the_benchmark_is_pointed_out(step: float, warned: int) -> None:
    """By more than a quarter of the benchmark's 400 ms for 16 images."""
    networks = frames.NETWORKS[:1].assign(images_per_second=16 / step)
    said = explain.trained(networks, 16)
    assert len(said) == warned
    assert all(each.startswith("**A step took another time in training") and " and 400 ms" in each for each in said)


def test_a_training_that_waits_for_its_images_is_said_to_wait() -> None:
    """The benchmark's step of 400 ms has no batches to make, which here take 600."""
    (said,) = explain.trained(frames.NETWORKS[:1].assign(images_per_second=16 / 0.6, input_seconds=0.6), 16)
    assert said == (
        "**A step took another time in training than in the benchmark**: Regular 600 ms and 400 ms, a batch of images"
        " 600 ms. Making a batch of images takes longer than the step, so training waited for its images."
    )


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
