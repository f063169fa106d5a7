"""The report's section on what is missing, because a stage failed or has not run."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from dscnn.core.paths import Arm, metrics
from dscnn.experiment.params import Params
from dscnn.reporting.tables import arms
from dscnn.reporting.text import listed

WITHOUT = {
    "prepare": "without it a data set is left out",
    "benchmark": "without it a data set and width are left out",
    "cost": "without it a network is left out",
    "probes": "without it no times are predicted",
    "breakeven": "without it a data set has no break-even",
    "latency": "without it one image is timed by Keras alone",
    "deploy": "without it a network has no conversions",
}


def section(settings: Params, missing: list[str]) -> list[str]:
    """Return paragraphs that name the training runs and other files that are `missing`; none if nothing is.

    `missing` are paths, as stage manifest lists them.
    """
    experiment = arms.arms(settings)
    if not missing:
        return []
    lost = [arm for arm in experiment if {*map(str, arm.measured)} & {*missing}]
    explained = {str(path) for arm in lost for path in (*arm.measured, metrics("deploy", *arm))}
    others = [path for path in missing if path not in explained]
    made = []
    if lost:
        verb, they = ("is", "it was") if len(lost) == 1 else ("are", "they were")
        head = f"**{len(lost)} of {len(experiment)} training runs {verb} missing**: {they} not trained or not scored."
        made += [head, "\n".join(f"- {line}" for line in _runs(experiment, lost))]
    if others:
        head = f"**Results of other stages are missing**: {len(others)} in all."
        made += [head, "\n".join(f"- {line}" for line in _files(others))]
    return [*made, "Everything below is without what is missing; `make repro` makes it."]


def _runs(experiment: list[Arm], lost: list[Arm]) -> Iterator[str]:
    """Yield a line a data set and width for the runs that are `lost`."""
    for place in dict.fromkeys(arm[:2] for arm in lost):
        everywhere, here = ([arm for arm in each if arm[:2] == place] for each in (experiment, lost))
        whole = "the only run" if len(here) == 1 else f"all {len(here)} runs"
        said = listed(_networks(everywhere, here)) if len(here) < len(everywhere) else whole
        yield f"{place[0]}, width {place[1]}: {said}"


def _networks(everywhere: list[Arm], here: list[Arm]) -> Iterator[str]:
    """Yield the missing seeds of each architecture."""
    for name in dict.fromkeys(arm.architecture for arm in here):
        trained, seeds = ([arm.seed for arm in each if arm.architecture == name] for each in (everywhere, here))
        all_ = " (all, so it is left out there)" if len(seeds) == len(trained) else ""
        yield f"{name} seed{'' if len(seeds) == 1 else 's'} {' and '.join(seeds)}{all_}"


def _files(others: list[str]) -> Iterator[str]:
    """Yield a line a stage for the files `others`."""
    for stage, paths in groupby(sorted(others, key=lambda path: (_stage(path), path)), key=_stage):
        first, *more = paths
        said = f"{first} and {len(more)} more" if more else first
        yield f"stage `{stage}`: {said}" + (f"; {WITHOUT[stage]}" if stage in WITHOUT else "")


def _stage(path: str) -> str:
    """Return the stage that makes the file `path`, in metrics/ or data/prepared/."""
    top, second, *_ = Path(path).with_suffix("").parts
    return second if top == "metrics" else "prepare"
