"""What of the experiment is there to be compared, by what stage manifest found missing.

A place is a data set and width. An architecture without a complete arm in a place is in no table of that place.
"""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from dscnn.core import files, splits
from dscnn.core.paths import Arm, metrics
from dscnn.core.stage import Problem

Place = tuple[str, str]
Key = TypeVar("Key")


def shared(arm: Arm) -> list[Path]:
    """Return the files without which no arm of its network or place counts."""
    facts, images = metrics("prepare", arm.dataset), splits.path(arm.dataset, "test")
    return [metrics("cost", *arm[:3]), metrics("benchmark", *arm[:2]), facts, images]


def arms(experiment: list[Arm], missing: Collection[str]) -> list[Arm]:
    """Return the arms of `experiment` of which no file is `missing`; raises `Problem` if there are none."""
    found = [arm for arm in experiment if not {*map(str, (*arm.measured, *shared(arm)))} & {*missing}]
    if not found:
        raise Problem("no training run is complete, so there is nothing to report: 'make repro' makes what is missing")
    return found


def architectures(complete: list[Arm]) -> dict[Place, list[str]]:
    """Return the architectures of each place that has `complete` arms."""
    return {
        place: list(dict.fromkeys(arm.architecture for arm in complete if arm[:2] == place))
        for place in dict.fromkeys((arm.dataset, arm.width) for arm in complete)
    }


def by_dataset(complete: list[Arm], names: Iterable[str]) -> dict[str, list[str]]:
    """Return those of the architectures `names` that have `complete` arms of a data set, at whichever width."""
    there = {(arm.dataset, arm.architecture) for arm in complete}
    return {
        dataset: [name for name in names if (dataset, name) in there]
        for dataset in dict.fromkeys(arm.dataset for arm in complete)
    }


def records(wanted: Mapping[Key, Path], missing: Collection[str]) -> dict[Key, dict[str, Any]]:
    """Return what is in the files `wanted`, by their keys, without those that are `missing`."""
    return {key: files.read_json(path) for key, path in wanted.items() if str(path) not in missing}
