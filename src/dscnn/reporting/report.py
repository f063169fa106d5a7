"""The whole report, put together from its sections."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from dscnn.experiment.params import Params
from dscnn.reporting.figures import catalogue
from dscnn.reporting.sections import (
    accuracy,
    breakeven,
    conditions,
    cost,
    data,
    equal_cost,
    missing,
    predicted,
    references,
    results,
    verdict,
)

PATH = Path("metrics/report.md")
EXPERIMENT = ["dataset", "width"]
Record = dict[str, Any]


class Tables(NamedTuple):
    """Stage compare's tables."""

    arms: pd.DataFrame
    networks: pd.DataFrame
    epochs: pd.DataFrame
    relative: pd.DataFrame
    decomposition: pd.DataFrame
    layers: pd.DataFrame
    operations: pd.DataFrame
    predicted: pd.DataFrame
    differences: pd.DataFrame
    paired: pd.DataFrame
    confusion: pd.DataFrame
    deployed: pd.DataFrame

    def of(self, dataset: object, width: object) -> "Tables":
        """Return the rows of one data set and width."""
        return Tables(*(table[(table["dataset"] == dataset) & (table["width"] == width)] for table in self))


class Records(NamedTuple):
    """What stages prepare, benchmark and references wrote, by data set, by data set and width, by name.

    And compare's tables of break-even and of equal cost, which have all widths of a data set; and the files that stage
    manifest found missing.
    """

    facts: Mapping[str, Record]
    benchmarks: Mapping[tuple[str, str], Record]
    references: Mapping[str, Record]
    breakeven: pd.DataFrame
    equal_cost: pd.DataFrame
    missing: list[str]


def _answer(settings: Params, tables: Tables, records: Records) -> Iterator[str]:
    for (dataset, width), rows in tables.networks.groupby(EXPERIMENT, sort=False):
        own, place = tables.of(dataset, width), records.benchmarks[str(dataset), str(width)]["environment"]
        yield f"{dataset}, width {width}, times of {place['processor']} in {place['precision']}:"
        yield "\n".join(verdict.sentences(rows, own.relative, own.differences, settings.comparison.margin))


def report(settings: Params, tables: Tables, records: Records) -> str:
    """Return the report as Markdown; figures are looked for in ../plots/."""
    on_test = settings.validation == "test"
    parts = ["# Separable against regular convolutions", *missing.section(settings, records.missing)]
    if tables.networks["architecture"].nunique() > 1:
        parts += ["## The answer", *_answer(settings, tables, records)]
    parts += ["## Conditions", conditions.text(settings, tables.arms)]
    if on_test:
        parts.append(
            "**The validation split is the test split** (`validation: test`): every curve below is a curve on"
            " test images, and settings chosen by looking at them are chosen on the test split."
        )
    for (dataset, width), rows in tables.networks.groupby(EXPERIMENT, sort=False):
        own, record = tables.of(dataset, width), records.benchmarks[str(dataset), str(width)]
        train, test = own.arms["train_images"].iloc[0], own.arms["test_images"].iloc[0]
        parts += [
            f"## {dataset}, width {width}",
            f"{train:,} training images, {test:,} test images.",
            results.result_table(rows, on_test),
            results.relative_table(rows, on_test),
            *accuracy.section(own.differences, own.paired, settings.comparison.margin, test),
            *accuracy.probabilities(rows),
            *accuracy.by_class(own.confusion),
            *conditions.machines(own.arms, record["environment"]),
            results.reached_table(own.epochs),
            "Every training run:",
            results.arm_table(own.arms, on_test),
            *cost.section(rows, own.relative, own.decomposition, own.layers, own.operations, record),
            *predicted.section(own.predicted),
            *cost.deployed(own.deployed),
        ]
    parts += equal_cost.section(records.equal_cost, settings.comparison.margin)
    parts += breakeven.section(records.breakeven)
    parts += references.section(records.references)
    parts += ["## Data", data.INTRODUCTION]
    parts += [data.section(name, facts, on_test) for name, facts in records.facts.items()]
    parts.append("## Figures")
    parts += [f"![{title}](../plots/{name}.png)" for name, (title, *_) in catalogue.FIGURES.items()]
    parts += [f"![Samples of {name}](../plots/samples_{name}.png)" for name in records.facts]
    return "\n\n".join(parts) + "\n"
