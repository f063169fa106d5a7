"""What the report opens with: the verdict on each data set."""

from dscnn.reporting import text
from dscnn.reporting.sections import equal_cost, verdict
from dscnn.reporting.source import Source
from dscnn.reporting.tables.arms import hardware


def opening(source: Source) -> dict[str, list[str]]:
    """Return the verdict on each data set: at equal cost if several widths allow that, else at each width."""
    made: dict[str, list[str]] = {}
    for dataset in source.settings.datasets:
        own = [place for place in source.places() if place[0] == dataset]
        if not own:  # all of it is missing, and the report says so
            continue
        compared = equal_cost.with_first(source.of("equal_cost", (dataset,)), source.of("networks", (dataset,)))
        if len(own) > 1 and not compared.empty:
            machines = text.listed(dict.fromkeys(machine(source, place) for place in own))
            by = source.of("networks", (dataset,))["image_by"].iloc[0]
            conditions = f"of {machines}, those of one image by {by}"
            made[dataset] = equal_cost.verdicts(compared, training(source, (dataset,)), conditions)
            continue
        for place in own:
            if said := verdict_on(source, place):
                made[", width ".join(place)] = said
    return made


def verdict_on(source: Source, place: tuple[str, str]) -> list[str]:
    """Return the verdict on one data set and width."""
    conditions = f"of {machine(source, place)}, {source.benchmarks[place]['batch_size']} images a step"
    return verdict.sentences(
        source.of("networks", place), source.of("relative", place), source.of("differences", place),
        source.settings.comparison.margin, conditions, training(source, place),
    )  # fmt: skip


def machine(source: Source, place: tuple[str, str]) -> str:
    """Return what the times of stage benchmark are of."""
    here = source.benchmarks[place]["environment"]
    return f"{hardware(here)}, {text.counted(here['threads'], 'thread')}, {here['precision']}"


def training(source: Source, place: tuple[str, ...]) -> str:
    """Return what a training run of `place` is."""
    images = text.span(set(source.of("arms", place)["train_images"]))
    return f"of {text.counted(source.settings.train.epochs, 'epoch')} on {images} images"
