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
            made[dataset] = verdict.at_equal_cost(compared)
            continue
        for place in own:
            if said := verdict_on(source, place):
                made[", width ".join(place)] = said
    return made


def verdict_on(source: Source, place: tuple[str, str]) -> list[str]:
    """Return the verdict on one data set and width."""
    record, arms = source.benchmarks[place], source.of("arms", place)
    here = record["environment"]
    threads = text.counted(here["threads"], "thread")
    conditions = f"of {hardware(here)}, {threads}, {here['precision']}, {record['batch_size']} images a step"
    return verdict.sentences(
        source.of("networks", place), source.of("relative", place), source.of("differences", place),
        source.of("deployed", place), source.settings.comparison.margin, conditions,
        f"of {source.settings.train.epochs} epochs on {text.span(set(arms['train_images']))} images",
    )  # fmt: skip
