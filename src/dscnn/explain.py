"""Why the time of a training step is not in proportion to its multiply-adds: in words, from the tables of a run.

Every sentence takes its numbers from the tables, and says what these say, on whatever machine they were measured.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import pandas as pd

from dscnn import roofline

Row = dict[str, Any]
CLOSE = math.log(1.15)  # a guess off by less tells a time


def times(ratio: float) -> str:
    """Return `ratio` with three digits, as in 1.06x."""
    return f"{ratio:.3g}x" if ratio >= 0.1 else f"{ratio:.2g}x"


def milliseconds(seconds: float) -> str:
    """Return three digits of `seconds`, as in 17.3 ms."""
    value = 1e3 * seconds
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.3g} ms"


def ceilings_words(record: Row) -> str:
    """Return what the machine reaches, from the record of stage benchmark."""
    machine, environment = record["machine"], record["environment"]
    reached = roofline.measured(machine)
    products = ", ".join(
        f"{rate / 1e9:,.0f} GFLOP/s in {name}" for name, rate in machine["matrix_flops_per_second"].items()
    )
    passes = machine["passes"]
    cached = max(passes, key=lambda each: each["bytes_per_second"])
    return (
        f"Ceilings of this machine ({environment['device']}, {environment['processor']}, {environment['threads']}"
        f" threads), measured in the same run: matrix products {products}; a pass over memory in"
        f" {machine['compute_dtype']} {reached.memory / 1e9:,.1f} GB/s beyond the caches, up to"
        f" {cached['bytes_per_second'] / 1e9:,.0f} GB/s in them; starting an operation {_starts(reached.starts)}."
        f" A product that does fewer than {reached.ridge:,.0f} FLOPs for each byte it"
        " moves is bound by memory (the ridge of the roofline), and so is what is no product below"
        f" {reached.vector_ridge:,.0f}."
    )


def _starts(starts: Mapping[str, float]) -> str:
    least, most = (pick(starts, key=lambda kind: starts[kind]) for pick in (min, max))
    return f"{_micro(starts[least])} ({least}) to {_micro(starts[most])} ({most})"


def _micro(seconds: float) -> str:
    value = 1e6 * seconds
    return f"{value:,.0f} µs" if value >= 10 else f"{value:.2g} µs"


def noise_words(record: Row) -> str:
    """Return whether the machine was quiet enough."""
    noisy = record["noisy"]
    if not noisy:
        return f"Over {record['rounds']} rounds no whole step varied by more than a tenth."
    worst = max(noisy, key=lambda name: noisy[name])
    return (
        f"**This machine was not quiet**: over {record['rounds']} rounds {len(noisy)} of the whole steps varied by more"
        f" than a tenth of their median, most {worst} ({noisy[worst]:.0%}). Do not read anything"
        " into differences within the ranges."
    )


def pair(one: Row, other: Row, layers: pd.DataFrame, kinds: pd.DataFrame, ridge: float) -> str:
    """Return the paragraph of two architectures, the one with fewer multiply-adds as the subject.

    `one` and `other` are rows of compare's table of networks; `layers` and `kinds` have both architectures' rows.
    """
    small, large = sorted((one, other), key=lambda row: row["macs"])
    name, base = small["architecture"], large["architecture"]
    work, moved = large["macs"] / small["macs"], small["step_bytes"] / large["step_bytes"]
    time, least = small["step_seconds"] / large["step_seconds"], small["roofline_seconds"] / large["roofline_seconds"]
    return " ".join(
        [
            f"**{name} against {base}.** It has {_fewer(work)}, moves {times(moved)} the bytes in a"
            f" training step, and takes {times(time)} the time"
            + (" (within the range of the rounds)." if _overlap(small, large) else "."),
            _verdict(1 / work, moved, least, time),
            *_depthwise(name, layers, ridge),
            *_differences(name, base, kinds),
        ]
    )


def _fewer(work: float) -> str:
    return "as many multiply-adds" if work == 1 else f"{times(work)} fewer multiply-adds"


def _overlap(one: Row, other: Row) -> bool:
    low, high = "step_seconds_low", "step_seconds_high"
    return bool(one[low] <= other[high] and other[low] <= one[high])


def _verdict(work: float, moved: float, least: float, time: float) -> str:
    """Return which of FLOPs, bytes and roofline tells the time best, all as shares of the other architecture's."""
    guesses = {"the multiply-adds": work, "the bytes": moved, "the roofline": least}
    off = {name: abs(math.log(guess / time)) for name, guess in guesses.items()}
    best = min(off, key=lambda name: off[name])
    said = (
        f"By its multiply-adds it would take {times(work)}, by its bytes {times(moved)}, by the roofline {times(least)}"
    )
    if best == "the multiply-adds" and off[best] < CLOSE:
        return f"{said}: here the multiply-adds tell the time, and there is nothing for memory to explain."
    return f"{said}: nearest {'comes' if best == 'the roofline' else 'come'} {best}."


def _depthwise(name: str, layers: pd.DataFrame, ridge: float) -> Iterator[str]:
    own = layers[(layers["architecture"] == name) & (layers["direction"] == "training")]
    halves = own[own["layer"].str.endswith("/depthwise") | (own["kind"] == "depthwise")]
    if halves.empty:
        return
    flops, moved = halves["flops"].sum(), halves["bytes"].sum()
    macs, seconds = halves["macs"].sum() / own["macs"].sum(), halves["seconds"].sum() / own["seconds"].sum()
    bound = "under the memory roof" if flops / moved < ridge else "above the ridge, not bound by memory"
    yield (
        f"Its depthwise passes are {macs:.1%} of its multiply-adds and {seconds:.0%} of its layers' time: at"
        f" {flops / moved:.2g} FLOP/byte they sit {bound} (ridge of what is no product: {ridge:,.0f})."
    )


def _differences(name: str, base: str, kinds: pd.DataFrame) -> Iterator[str]:
    """Say what kinds of work became faster and slower, those that matter."""
    by_kind = kinds.pivot_table(index="kind", columns="architecture", values="seconds", sort=False).fillna(0.0)
    change = 1e3 * (by_kind[name] - by_kind[base]).drop("left over", errors="ignore")
    step = 1e3 * by_kind[base].sum()
    change = change[change.abs() > 0.01 * step].sort_values(key=abs, ascending=False)
    words = []
    for word, part in (("saves", -change[change < 0]), ("pays", change[change > 0])):
        if len(part):
            words.append(f"{word} " + ", ".join(f"{milliseconds(ms / 1e3)} in {kind}" for kind, ms in part.items()))
    if words:
        yield f"Against {base}'s {milliseconds(step / 1e3)} it {' and '.join(words)}."


def pairs(networks: pd.DataFrame, layers: pd.DataFrame, kinds: pd.DataFrame, ridge: float) -> list[str]:
    """Return a paragraph for each pair of architectures of one data set and width."""
    made = []
    for one, other in combinations(records(networks), 2):
        names = [one["architecture"], other["architecture"]]
        layers_of, kinds_of = (table[table["architecture"].isin(names)] for table in (layers, kinds))
        made.append(pair(one, other, layers_of, kinds_of, ridge))
    return made


def records(table: pd.DataFrame) -> list[Row]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def remedies(networks: pd.DataFrame, kinds: pd.DataFrame) -> str:
    """Return what would make each architecture faster: the kinds that take most above the roofline."""
    lines = []
    for row in records(networks):
        own = kinds[(kinds["architecture"] == row["architecture"]) & kinds["roofline_seconds"].notna()]
        excess = own["seconds"] - own["roofline_seconds"]
        order = excess[excess > 0].sort_values(ascending=False).index[:2]
        most = " and ".join(
            f"{own.loc[i, 'kind']} ({milliseconds(own.loc[i, 'seconds'])},"
            f" {milliseconds(own.loc[i, 'roofline_seconds'])} by the roofline)"
            for i in order
        )
        memory = own.loc[own["kind"].isin(["pooling", "batch norm", "dropout"]), "seconds"].sum()
        lines.append(
            f"- {row['architecture']}: by the roofline its layers would take {milliseconds(row['roofline_seconds'])},"
            f" and they take {milliseconds(row['layers_seconds'])};"
            f" {f'most is to be had in {most}' if most else 'no kind of work takes longer than that'}. Dropout, pooling"
            " and batch norm, which have next to no multiply-adds, take"
            f" {memory / row['layers_seconds']:.0%} of its layers' time."
        )
    return "\n".join(lines)


def agreement_words(figures: dict[str, float]) -> str:
    """Return how predicted and measured times of single layers compare."""
    return (
        f"Predicted against measured, over the {figures['layers']} different layer timings of this run (inference, and"
        f" forward with backward): rank correlation (Spearman) {figures['rank_correlation']:.2f}; measured over"
        f" predicted is {figures['median_ratio']:.2g} in the median, and the median error is a factor of"
        f" {figures['median_factor']:.2g}; in sum, where long layers count for more, they take"
        f" {figures['total_ratio']:.2f}x the roofline. Nothing in the roofline was"
        " fitted to these layers."
    )
