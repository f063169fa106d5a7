"""Why the time of a training step is not in proportion to its multiply-adds: in words, from the tables of a run.

Every sentence takes its numbers from the tables, and says what they say, on whatever machine they were measured.
"""

import math
from collections.abc import Iterator
from itertools import combinations

import pandas as pd

from dscnn.costs import roofline
from dscnn.reporting.text import Row, digits, listed, microseconds, milliseconds, records, times

CLOSE = math.log(1.15)  # a prediction off by less is a good one
LOST = 0.02  # accuracy; a conversion that loses more has failed
SAME = 0.97  # share of images with the network's own class; a conversion with less is pointed out


def ceilings(record: Row) -> str:
    """Return what the machine reaches, from the record of stage benchmark."""
    measured, environment = record["ceilings"], record["environment"]
    reached = roofline.measured(measured)
    products = " and ".join(
        f"{digits(rate / 1e9)} GFLOP/s in {name}" for name, rate in measured["matrix_flops_per_second"].items()
    )
    cached = max(each["bytes_per_second"] for each in measured["passes"])
    least, most = (pick(reached.starts, key=lambda name: reached.starts[name]) for pick in (min, max))
    return (
        f"The rates of this machine ({environment['device']}, {environment['processor']}, {environment['threads']}"
        f" threads) were measured in the same run. Matrix products reached {products}. Element-wise operations in"
        f" {measured['compute_dtype']} moved {digits(reached.memory / 1e9)} GB/s on arrays larger than the caches, and"
        f" up to {digits(cached / 1e9)} GB/s on smaller ones. Starting an operation took"
        f" {microseconds(reached.starts[least])} ({least}) to {microseconds(reached.starts[most])} ({most}). By these"
        f" rates, convolutions and dense layers are memory-bound below {digits(reached.ridge)} FLOPs per byte moved,"
        f" depthwise convolutions and element-wise operations below {digits(reached.vector_ridge)}."
    )


def noise(record: Row) -> str:
    """Return whether the machine was quiet enough."""
    noisy = record["noisy"]
    if not noisy:
        return f"In {record['rounds']} rounds no whole step varied by more than a tenth of its median."
    worst = max(noisy, key=lambda name: noisy[name])
    return (
        f"**This machine was not quiet**: in {record['rounds']} rounds {len(noisy)} of the whole steps varied by more"
        f" than a tenth of their median, {worst} the most ({noisy[worst]:.0%}). Differences within the ranges mean"
        " nothing."
    )


def pair(one: Row, other: Row, layers: pd.DataFrame, operations: pd.DataFrame, ridge: float) -> str:
    """Return the paragraph of two architectures, the one with fewer multiply-adds as the subject.

    `one` and `other` are rows of compare's table of networks; `layers` and `operations` have both architectures' rows.
    """
    small, large = sorted((one, other), key=lambda row: row["macs"])
    name, base = small["architecture"], large["architecture"]
    work, moved = large["macs"] / small["macs"], small["step_bytes"] / large["step_bytes"]
    time, least = small["step_seconds"] / large["step_seconds"], small["roofline_seconds"] / large["roofline_seconds"]
    return " ".join(
        [
            f"**{name} against {base}.** It does {_fewer(work)}, moves {times(moved)} the bytes in a training step, and"
            f" takes {times(time)} the time"
            + (" (the ranges of the rounds overlap)." if _overlap(small, large) else "."),
            _verdict(1 / work, moved, least, time),
            *_depthwise(name, layers, ridge),
            *_differences(name, base, operations),
        ]
    )


def _fewer(work: float) -> str:
    return "as many multiply-adds" if work == 1 else f"{times(work)} fewer multiply-adds"


def _overlap(one: Row, other: Row) -> bool:
    low, high = "step_seconds_low", "step_seconds_high"
    return bool(one[low] <= other[high] and other[low] <= one[high])


def _verdict(work: float, moved: float, least: float, time: float) -> str:
    """Return which of multiply-adds, bytes and roofline predicts the time best, all as shares of the other's."""
    predictions = {"multiply-adds": work, "bytes": moved, "the roofline": least}
    off = {name: abs(math.log(predicted / time)) for name, predicted in predictions.items()}
    best = min(off, key=lambda name: off[name])
    said = (
        f"Multiply-adds alone predict {times(work)}, bytes alone {times(moved)}, the roofline {times(least)}."
        f" The best prediction is that of {best}"
    )
    if best == "multiply-adds" and off[best] < CLOSE:
        return f"{said}, within 15% of the time measured: there is nothing for memory traffic to explain."
    return f"{said}."


def _depthwise(name: str, layers: pd.DataFrame, ridge: float) -> Iterator[str]:
    own = layers[(layers["architecture"] == name) & (layers["direction"] == "training")]
    halves = own[own["layer"].str.endswith("/depthwise") | (own["operation"] == "depthwise")]
    if halves.empty:
        return
    flops, moved = halves["flops"].sum(), halves["bytes"].sum()
    macs, seconds = halves["macs"].sum() / own["macs"].sum(), halves["seconds"].sum() / own["seconds"].sum()
    bound = (
        f"less than {digits(ridge)}, so by the rates above they are memory-bound"
        if flops / moved < ridge
        else f"not less than {digits(ridge)}, so by the rates above they are not memory-bound"
    )
    yield (
        f"Its depthwise convolutions do {macs:.1%} of its multiply-adds and take {seconds:.0%} of the time of its"
        f" layers. They do {digits(flops / moved, 2)} FLOPs per byte moved, {bound}."
    )


def _differences(name: str, base: str, operations: pd.DataFrame) -> Iterator[str]:
    """Say in which operations a step of `name` spends less or more time, those that matter, the largest first."""
    seconds = operations.pivot_table(index="operation", columns="architecture", values="seconds", sort=False).fillna(
        0.0
    )
    change = (seconds[name] - seconds[base]).drop("left over", errors="ignore")
    change = change[change.abs() > 0.01 * seconds[base].sum()].sort_values(key=abs, ascending=False)
    if len(change):
        words = (
            f"{milliseconds(abs(each))} {'less' if each < 0 else 'more'} in {operation}"
            for operation, each in change.items()
        )
        yield f"It spends {listed(words)}."


def pairs(networks: pd.DataFrame, layers: pd.DataFrame, operations: pd.DataFrame, ridge: float) -> list[str]:
    """Return a paragraph for each pair of architectures of one data set and width."""
    made = []
    for one, other in combinations(records(networks), 2):
        names = [one["architecture"], other["architecture"]]
        own_layers, own_operations = (table[table["architecture"].isin(names)] for table in (layers, operations))
        made.append(pair(one, other, own_layers, own_operations, ridge))
    return made


def excess(networks: pd.DataFrame, operations: pd.DataFrame) -> str:
    """Return, for each architecture, the two operations that most exceed the time that the roofline predicts."""
    lines = []
    for row in records(networks):
        own = operations[(operations["architecture"] == row["architecture"]) & operations["roofline_seconds"].notna()]
        beyond = (own["seconds"] - own["roofline_seconds"]).sort_values(ascending=False)
        most = [own.loc[i] for i in beyond[beyond > 0].index[:2]]
        named = " and ".join(
            f"{each['operation']} ({milliseconds(each['seconds'])} instead of {milliseconds(each['roofline_seconds'])})"
            for each in most
        )
        lines.append(
            f"- {row['architecture']}: its layers take {milliseconds(row['layers_seconds'])} instead of the predicted"
            f" {milliseconds(row['roofline_seconds'])}."
            + (f" The largest excess is in {named}." if named else " No operation takes longer than predicted.")
        )
    return "\n".join(lines)


def agreement(figures: dict[str, float]) -> str:
    """Return how predicted and measured times of single layers compare."""
    return (
        f"The roofline was compared with the {figures['layers']} different layer timings of this run (inference, and"
        f" forward with backward). The rank correlation (Spearman) of predicted and measured times is"
        f" {figures['rank_correlation']:.2f}. The median ratio of measured to predicted time is"
        f" {digits(figures['median_ratio'], 2)}, and the median error is a factor of"
        f" {digits(figures['median_factor'], 2)}. The sum of all measured times is {figures['total_ratio']:.2f}x the"
        " sum of the predicted ones. Nothing in the prediction was fitted to these layers."
    )


def losses(deployed: pd.DataFrame) -> list[str]:
    """Return a warning for each conversion that loses accuracy against float32, or often gives another class.

    Accuracies can be compared where the same network was converted to float32 too.
    """
    rows = records(deployed)
    whole = {(row["architecture"], row["seed"]): row["accuracy"] for row in rows if row["format"] == "float32"}
    said = []
    for row in rows:
        accuracy, plain = row["accuracy"], whole.get((row["architecture"], row["seed"]))
        name = f"{row['format']} conversion of {row['architecture']}, seed {row['seed']}"
        instead = "" if plain is None else f" instead of {plain:.4f}"
        if plain is not None and accuracy < plain - LOST:
            said.append(
                f"**The {name}, failed**: its accuracy is {accuracy:.4f}{instead}. Do not use this file, and do not"
                " compare its latency."
            )
        elif differs(row):
            said.append(
                f"**The {name}, differs from its network**: it gives {1 - row['agreement']:.2%} of the test images"
                f" another class than the Keras network does. Its accuracy is {accuracy:.4f}{instead}."
            )
    return said


def differs(row: Row) -> bool:
    """Return whether a converted network gives too many images another class than the network it was made of."""
    return float(row["agreement"]) < SAME
