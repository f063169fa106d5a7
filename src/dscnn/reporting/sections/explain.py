"""Why a training step takes the time that it takes: in words, from the tables of a run.

Every sentence takes its numbers from the tables and its words from their intervals, on whatever machine they were
measured. It says which parts a difference has; why a kernel is slow, no table knows.
"""

import pandas as pd

from dscnn.costs import roofline
from dscnn.reporting.tables.costs import beyond
from dscnn.reporting.tables.decomposition import STEP
from dscnn.reporting.text import Row, digits, listed, milliseconds, records, signed

LOST = 0.02  # accuracy; a conversion that loses more has failed
SAME = 0.97  # share of images with the network's own class; a conversion with less is pointed out
BUSY = 0.1  # processors that others used; more is pointed out
APART = 0.25  # of the time of a step in the benchmark, that in training differs by; more is pointed out


def ceilings(record: Row) -> str:
    """Return what the machine reaches at most, from the record of stage benchmark."""
    measured, environment = record["ceilings"], record["environment"]
    reached = roofline.measured(measured)
    products = " and ".join(
        f"{digits(rate / 1e9)} GFLOP/s in {name}" for name, rate in measured["matrix_flops_per_second"].items()
    )
    cached = max(each["bytes_per_second"] for each in measured["memory"])
    product, other = digits(reached.ridge), digits(reached.vector_ridge)
    bound = (
        f"a layer is memory-bound below {product} FLOPs per byte"
        if product == other
        else f"a convolution or dense layer is memory-bound below {product} FLOPs per byte, a depthwise convolution or"
        f" element-wise operation below {other}"
    )
    on_gpu = environment["device"] != "cpu"
    passes = "Taking the larger of each number and another one" if on_gpu else "Adding two arrays"
    return (
        f"What this machine allows ({environment['device']}, {environment['processor']}, {environment['threads']}"
        f" threads) was measured in the same run. Matrix products and convolutions reached {products}. {passes}"
        f" in float32 moved {digits(reached.memory / 1e9)} GB/s between memory and processor, and"
        f" {digits(cached / 1e9)} GB/s"
        f" where they fit into its caches. So from memory, {bound}."
    )


def load(record: Row) -> str:
    """Return what else the machine did while it was timed; nothing of the host where the system does not tell."""
    others, stolen = record["load"]["other_processors"], record["load"]["stolen_processors"]
    unknown = pd.isna(stolen)
    host = "" if unknown else f" and the host took {stolen:.2f} (steal time)"
    said = f"other processes used {others:.2f} processors{host}, in the mean"
    if (others if unknown else others + stolen) > BUSY:
        return f"**The machine was busy with other work meanwhile**: {said}. That widens the intervals."
    return f"Meanwhile {said}."


def pairs(networks: pd.DataFrame, changes: pd.DataFrame) -> list[str]:
    """Return a sentence for each pair of architectures of one data set and width, from compare's decomposition."""
    steps = {row["architecture"]: row for row in records(networks)}
    return [
        _pair(str(name), str(base), steps, records(rows))
        for (base, name), rows in changes.groupby(["base", "architecture"], sort=False)
    ]


def _pair(name: str, base: str, steps: dict[str, Row], parts: list[Row]) -> str:
    (total,) = (row for row in parts if row["part"] == STEP)
    both = " against ".join(milliseconds(steps[each]["step_seconds"]) for each in (name, base))
    ends = f"{both}; the difference is {signed(1e3 * total['low'])} to {signed(1e3 * total['high'])} ms"
    if total["low"] <= 0 <= total["high"]:
        said = f"the steps cannot be told apart ({ends})"
    else:
        said = (
            f"a step takes {milliseconds(abs(total['seconds']))} {'less' if total['seconds'] < 0 else 'more'} ({ends})"
        )
    parts = [row for row in parts if row["part"] != STEP]
    less, more = (_certain(parts, sign) for sign in (-1, 1))
    saved = f"It saves most: {_listed(less)}" if less else "No part of it is shorter for certain"
    spent = f"it takes longer for {_listed(more)}" if more else "no part is longer for certain"
    return f"**{name} against {base}**: {said}. {saved}; {spent}.{_uncertain(parts, [*less, *more])}"


def _certain(parts: list[Row], sign: int) -> list[Row]:
    """Return the two largest parts whose interval lies on the side of `sign`."""
    found = [row for row in parts if min(sign * row["low"], sign * row["high"]) > 0]
    return sorted(found, key=lambda row: -abs(row["seconds"]))[:2]


def _listed(parts: list[Row]) -> str:
    return " and ".join(f"{row['part']} ({milliseconds(abs(row['seconds']))})" for row in parts)


def _uncertain(parts: list[Row], named: list[Row]) -> str:
    """Return the largest part that may be chance, if it is larger than one of those `named`."""
    may_be_chance = [row for row in parts if row["low"] <= 0 <= row["high"] and row["low"] < row["high"]]
    largest = max(may_be_chance, key=lambda row: abs(row["seconds"]), default=None)
    if largest is None or abs(largest["seconds"]) <= min((abs(row["seconds"]) for row in named), default=0):
        return ""
    value, low, high = (signed(1e3 * largest[name]) for name in ("seconds", "low", "high"))
    return f" The difference in {largest['part']} is {value} ms, which may be chance ({low} to {high} ms)."


def bounds(layers: pd.DataFrame) -> str:
    """Return whether any layer took less than the hardware allows, which none should.

    A layer that several networks have alike was timed once.
    """
    timed = layers[layers["seconds"] > 0].drop_duplicates(["layer", "direction", "seconds", "roofline_seconds"])
    found = beyond(timed)
    if found.empty:
        return (
            f"None of the {len(timed)} timings of layers is faster than its bound by more than 10% plus its interval;"
            f" the highest share is {timed['share'].max():.0%}."
        )
    worst = max(records(found), key=lambda row: row["share"])
    below = "is faster than its bound" if len(found) == 1 else "are faster than their bound"
    return (
        f"**{len(found)} of the {len(timed)} timings of layers {below}**, {worst['layer']} of"
        f" {worst['architecture']} ({worst['direction']}) the most: {milliseconds(worst['seconds'])} instead of"
        f" {milliseconds(worst['roofline_seconds'])}. So a ceiling was measured too low, or that layer does less work"
        " than is counted. Shares above 100% mean nothing."
    )


def trained(networks: pd.DataFrame, batch_size: int) -> list[str]:
    """Return a warning if steps in training took another time than in the benchmark, or waited for their images."""
    made, waited = [], []
    for row in records(networks):
        step = batch_size / row["images_per_second"]
        said = f"{row['architecture']} {milliseconds(step)} and {milliseconds(row['step_seconds'])}"
        if step / row["step_seconds"] > 1 + APART and row["input_seconds"] > row["step_seconds"]:
            waited.append(f"{said}, a batch of images {milliseconds(row['input_seconds'])}")
        elif abs(step / row["step_seconds"] - 1) > APART:
            made.append(said)
    head = "**A step took another time in training than in the benchmark**"
    conditions = (
        "So the train times and the times of steps were taken under different conditions: on another machine, or beside"
        " other work."
    )
    waits = "Making a batch of images takes longer than the step, so training waited for its images."
    return [f"{head}: {listed(own)}. {why}" for own, why in ((made, conditions), (waited, waits)) if own]


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
