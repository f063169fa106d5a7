"""Stage manifest: which files the experiment of params.yaml consists of, with their checksums.

DVC takes no product of lists as deps of one stage. So this stage depends on folders, and on its list depend compare and
report. Files of other experiments in those folders change nothing but the note printed here.
"""

from collections.abc import Iterator
from pathlib import Path

from dscnn.core import files, splits
from dscnn.core.paths import Arm, metrics
from dscnn.core.stage import Problem, run
from dscnn.experiment import params
from dscnn.experiment.params import Params


def listed(settings: Params) -> Iterator[Path]:
    """Yield what compare and report read for `settings`: files in metrics/ of the stages before them, test images."""
    yield metrics("references")
    for dataset in settings.datasets:
        yield metrics("prepare", dataset)
        yield splits.path(dataset, "test")
        yield metrics("breakeven", dataset)
        for width in map(str, settings.widths):
            yield metrics("benchmark", dataset, width)
            yield metrics("probes", dataset, width)
            for architecture in settings.architectures:
                yield metrics("cost", dataset, width, architecture)
                yield metrics("deploy", dataset, width, architecture, str(settings.seeds[0]))
                for seed in map(str, settings.seeds):
                    arm = Arm(dataset, width, architecture, seed)
                    score = metrics("evaluate", *arm)
                    yield from (arm.history, arm.result, arm.timing, score, score.with_suffix(".csv"))


def others(files_of_experiment: list[Path]) -> list[Path]:
    """Return the files beside those of the experiment: of stages that params.yaml no longer names, or of nobody."""
    folders = {Path(*path.parts[:2]) for path in files_of_experiment if len(path.parts) > 2}
    there = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    return sorted(there - set(files_of_experiment))


def main() -> None:
    """Write the checksums; raises `Problem` when a file is missing."""
    found = list(listed(params.load()))
    try:
        checksums = {str(path): files.sha256(path) for path in found}
    except FileNotFoundError as error:
        raise Problem(f"{error.filename} is missing: 'dvc repro' makes it") from None
    files.write_json(metrics("manifest"), checksums)
    print(f"{len(found)} files belong to this experiment")
    if left := others(found):
        print(f"note: {len(left)} more, such as {left[0]}, do not: 'make prune' removes what params.yaml does not name")


if __name__ == "__main__":
    run(main)
