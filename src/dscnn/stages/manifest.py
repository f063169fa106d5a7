"""Stage manifest: which files the experiment of params.yaml consists of, with their checksums, and which are missing.

DVC takes no product of lists as deps of one stage. So this stage depends on folders, and on its list depend compare and
report. Files of other experiments in those folders change nothing but the note printed here.
"""

from collections.abc import Iterator
from pathlib import Path

from dscnn.core import files, splits
from dscnn.core.paths import Arm, metrics
from dscnn.core.stage import run
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
            yield metrics("latency", dataset, width)
            for architecture in settings.architectures:
                yield metrics("cost", dataset, width, architecture)
                yield metrics("deploy", dataset, width, architecture, str(settings.seeds[0]))
                for seed in map(str, settings.seeds):
                    yield from Arm(dataset, width, architecture, seed).measured


def others(files_of_experiment: list[Path]) -> list[Path]:
    """Return what else is in metrics/ beside them: of stages that params.yaml no longer names, or of nobody."""
    folders = {Path(*path.parts[:2]) for path in files_of_experiment if path.parts[0] == "metrics" and path.parts[2:]}
    there = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    return sorted(there - set(files_of_experiment))


def main() -> None:
    """Write the checksums of the files that are there, and the names of those that are not."""
    wanted = list(listed(params.load()))
    missing = [path for path in wanted if not path.exists()]
    checksums = {str(path): files.sha256(path) for path in wanted if path not in missing}
    files.write_json(metrics("manifest"), {"files": checksums, "missing": [*map(str, missing)]})
    print(f"{len(wanted)} files belong to this experiment")
    if missing:
        verb, them = ("is", "it") if len(missing) == 1 else ("are", "them")
        print(f"note: {len(missing)} of them, such as {missing[0]}, {verb} missing: 'make repro' makes {them}")
    if left := others(wanted):
        print(f"note: {len(left)} more, such as {left[0]}, do not: 'make prune' removes what params.yaml does not name")


if __name__ == "__main__":
    run(main)
