"""What the report opens with: the verdict on each data set."""

from dscnn.reporting.sections import verdict
from dscnn.reporting.source import Source


def opening(source: Source) -> dict[str, list[str]]:
    """Return the verdict on each data set: at equal cost if it has several widths, else at its width."""
    made: dict[str, list[str]] = {}
    for dataset in source.settings.datasets:
        own = [place for place in source.places() if place[0] == dataset]
        at_equal_cost = verdict.at_equal_cost(source.of("equal_cost", (dataset,))) if len(own) > 1 else []
        if at_equal_cost:
            made[dataset] = at_equal_cost
            continue
        for place in own:
            if said := verdict_on(source, place):
                made[", width ".join(place)] = said
    return made


def verdict_on(source: Source, place: tuple[str, str]) -> list[str]:
    """Return the verdict on one data set and width."""
    here = source.benchmarks[place]["environment"]
    return verdict.sentences(
        source.of("networks", place), source.of("relative", place), source.of("differences", place),
        source.settings.comparison.margin, f"of {here['processor']} in {here['precision']}",
    )  # fmt: skip
