"""How the mean accuracies of further training runs of two architectures differ: on these images, and on new ones.

Accuracies are shares, 0 to 1. A family is the pairs of one data set and width.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from dscnn.core.files import significant
from dscnn.core.paths import Arm
from dscnn.reporting.tables.networks import NET
from dscnn.statistics import images, runs
from dscnn.statistics.comparisons import Compared, alone, corrected, no_surer

RUNS, IMAGES = "these images", "new images"
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
    `seeds_enough`: how many would show the two to be within the margin, with a power of 80 %, if the true difference is
    the measured one.
    `correlation` is over the seeds that both have.
    """
    rows: list[dict[str, Any]] = []
    for place, family in pairs(right):
        for population in (RUNS, IMAGES):
            found = corrected([_compared(pair, population, margin) for pair in family])
            for pair, each in zip(family, found, strict=True):
                first, second = pair.first.mean(1), pair.second.mean(1)
                rows.append(
                    dict(zip(NET, (*place, pair.name), strict=True))
                    | {
                        "base": pair.base,
                        "population": population,
                        "difference": significant(each.value),
                        "low": significant(each.low),
                        "high": significant(each.high),
                        "p": significant(each.p),
                        "verdict": each.verdict,
                        "within_margin": each.within,
                        "seeds": len(second),
                        "seeds_enough": runs.enough(first, second, margin, len(family)),
                        "correlation": significant(_correlation(pair)),
                        "images_half_width": significant(images.half_width(pair.first, pair.second)),
                        "base_seeds": len(first),
                    }
                )
    made = pd.DataFrame(rows, columns=COLUMNS)
    return made.astype({"seeds_enough": "Int64"})


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


def _compared(pair: Pair, population: str, margin: float) -> Compared:
    """Return the difference in one population; on new images it is no surer than on these.

    With two or three seeds it would often be. The variance of many images is well known; added to that of few runs it
    brings degrees of freedom, and then the interval is too narrow (tests/statistics/test_comparisons.py).
    """
    these = alone(runs.difference(pair.first.mean(1), pair.second.mean(1)), margin)
    if population == RUNS:
        return these
    return no_surer(alone(images.difference(pair.first, pair.second), margin), these)
