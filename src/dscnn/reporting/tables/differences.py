"""How the accuracies of two architectures differ: in their next training runs, and on new images.

Accuracies are shares, 0 to 1. A family is the pairs of one data set and width; `p` is corrected within it (Holm 1979).
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from dscnn.core.files import significant
from dscnn.core.paths import Arm
from dscnn.reporting.tables.networks import NET
from dscnn.statistics import images, runs
from dscnn.statistics.difference import Difference

RUNS, IMAGES = "next run, these images", "next run, new images"
LEVEL = 0.05
Verdict = Literal["more", "less", "alike", "unknown"]
COLUMNS = [
    *NET, "base", "population", "difference", "low", "high", "p", "verdict", "within_margin", "seeds", "seeds_enough",
    "correlation", "images_half_width", "base_seeds",
]  # fmt: skip
PAIRED = [*NET, "base", "seed", "only_base", "only_own", "p"]


class Pair(NamedTuple):
    """Whether the runs of two architectures have each test image right: (images,) by seed of each."""

    base: str
    name: str
    of_base: dict[str, np.ndarray]
    of_name: dict[str, np.ndarray]

    @property
    def first(self) -> np.ndarray:
        """The runs of the base, (seeds, images)."""
        return np.stack(list(self.of_base.values()))

    @property
    def second(self) -> np.ndarray:
        """The runs of the other architecture, (seeds, images)."""
        return np.stack(list(self.of_name.values()))

    @property
    def common(self) -> list[str]:
        """The seeds of which both have a run."""
        return [seed for seed in self.of_base if seed in self.of_name]


def pairs(right: dict[Arm, np.ndarray]) -> Iterator[tuple[tuple[str, str], list[Pair]]]:
    """Yield the pairs of each data set and width, in the order of `right`, which has the images of each arm."""
    for place in dict.fromkeys(arm[:2] for arm in right):
        own: dict[str, dict[str, np.ndarray]] = {}
        for arm, each in right.items():
            if arm[:2] == place:
                own.setdefault(arm.architecture, {})[arm.seed] = each
        yield place, [Pair(base, name, own[base], own[name]) for base, name in combinations(own, 2)]


def table(right: dict[Arm, np.ndarray], margin: float) -> pd.DataFrame:
    """Return a row a pair and population: the second less the first, and what can be said of it.

    `within_margin`: the difference is shown to be less than `margin`. `verdict` is of the second against the first.
    `seeds_enough`: how many would show two equal networks to be within the margin, with a power of 80 %.
    `correlation` is over the seeds that both have.
    """
    rows: list[dict[str, Any]] = []
    for place, family in pairs(right):
        for population in (RUNS, IMAGES):
            found = [_difference(pair, population) for pair in family]
            corrected = holm([each.p for each in found])
            for pair, each, p in zip(family, found, corrected, strict=True):
                within = each.outside(margin) < LEVEL
                first, second = pair.first.mean(1), pair.second.mean(1)
                rows.append(
                    dict(zip(NET, (*place, pair.name), strict=True))
                    | {
                        "base": pair.base,
                        "population": population,
                        "difference": significant(each.value),
                        "low": significant(each.low),
                        "high": significant(each.high),
                        "p": significant(p),
                        "verdict": verdict(each.value, p, within),
                        "within_margin": within,
                        "seeds": len(second),
                        "seeds_enough": runs.enough(first, second, margin),
                        "correlation": significant(_correlation(pair)),
                        "images_half_width": significant(images.half_width(pair.first, pair.second)),
                        "base_seeds": len(first),
                    }
                )
    made = pd.DataFrame(rows, columns=COLUMNS)
    return made.astype({"seeds_enough": "Int64"})


def verdict(value: float, p: float, within: bool) -> Verdict:
    """Return what can be said: a difference if there surely is one, else that there is none of any size that counts."""
    if p < LEVEL:
        return "more" if value > 0 else "less"
    return "alike" if within else "unknown"


def holm(each: Sequence[float]) -> list[float]:
    """Return p values corrected for as many comparisons; those that are not numbers stay so, and count as none."""
    values = np.array(each)
    order = np.argsort(values)[: np.count_nonzero(~np.isnan(values))]  # what is no number is sorted last
    factors = np.arange(len(order), 0, -1)
    values[order] = np.minimum(np.maximum.accumulate(factors * values[order]), 1)
    return [float(value) for value in values]


def paired_table(right: dict[Arm, np.ndarray]) -> pd.DataFrame:
    """Return a row a pair and seed: on how many images only one of the two networks is right, with McNemar's mid-p.

    A seed of which one of the two has no run has no row.
    """
    rows = [
        [*place, pair.name, pair.base, seed, *images.mcnemar(pair.of_base[seed], pair.of_name[seed])]
        for place, family in pairs(right)
        for pair in family
        for seed in pair.common
    ]
    made = pd.DataFrame(rows, columns=PAIRED)
    made["p"] = made["p"].map(significant)
    return made


def _correlation(pair: Pair) -> float:
    each = ([float(own[seed].mean()) for seed in pair.common] for own in (pair.of_base, pair.of_name))
    return runs.correlation(*each)


def _difference(pair: Pair, population: str) -> Difference:
    if population == RUNS:
        return runs.difference(pair.first.mean(1), pair.second.mean(1))
    return images.difference(pair.first, pair.second)
