"""Stage report: the figures, and the tables a person reads."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import pandas as pd

from dscnn import conditions, cost_section, figures, files, layout, markdown, params
from dscnn.stage import run

EXPERIMENT = ["dataset", "width"]
MAY_BE_EMPTY = ("flops", "bytes", "roofline_seconds", "share")  # of what is no layer, or too short to time


class Costs(NamedTuple):
    """Cost beside time: compare's tables of layers and kinds, what stages benchmark and published wrote."""

    layers: pd.DataFrame
    kinds: pd.DataFrame
    deployed: pd.DataFrame
    benchmarks: Mapping[tuple[str, str], dict[str, Any]]
    published: dict[str, dict[str, Any]]


def result_table(networks: pd.DataFrame, accuracy: str) -> str:
    """Return the figures of each architecture; `accuracy` heads the column of the accuracies."""
    header = [
        "",
        accuracy,
        "lowest to highest",
        "loss",
        "parameters",
        "multiply-adds",
        "FLOPs",
        "train time",
        "images/s",
    ]
    return markdown.table(
        header,
        [
            [
                row["architecture"],
                f"{row['accuracy']:.4f}",
                f"{row['accuracy_low']:.4f} to {row['accuracy_high']:.4f}",
                f"{row['loss']:.4f}",
                f"{row['parameters']:,}",
                f"{row['macs']:,}",
                f"{row['flops']:,}",
                f"{row['train_seconds']:.1f} s",
                f"{row['images_per_second']:,.0f}",
            ]
            for row in networks.to_dict("records")
        ],
    )


def relative_table(networks: pd.DataFrame, accuracy: str) -> str:
    """Return each architecture's accuracy in points, and its costs as a fraction, of the first one's."""
    rows = networks.to_dict("records")
    base = rows[0]
    costs = ["parameters", "macs", "flops", "train_seconds"]
    return markdown.table(
        [f"against {base['architecture']}", accuracy, "parameters", "multiply-adds", "FLOPs", "train time"],
        [
            [row["architecture"], f"{100 * (row['accuracy'] - base['accuracy']):+.2f} points"]
            + [f"{row[cost] / base[cost]:.3f}x" for cost in costs]
            for row in rows
        ],
    )


def arm_table(arms: pd.DataFrame, accuracy: str) -> str:
    return markdown.table(
        ["architecture", "seed", accuracy, "loss", "train time", "images/s"],
        [
            [
                row["architecture"],
                str(row["seed"]),
                f"{row['accuracy']:.4f}",
                f"{row['loss']:.4f}",
                f"{row['train_seconds']:.1f} s",
                f"{row['images_per_second']:,.0f}",
            ]
            for row in arms.to_dict("records")
        ],
    )


LEVELS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.82, 0.84, 0.86, 0.88, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99)


def reached_table(epochs: pd.DataFrame, shown: int = 4) -> str:
    """Return when each architecture first had a validation accuracy: median epoch and seconds of its seeds.

    The columns are the highest levels that an architecture reached with every seed.
    """
    arm = ["architecture", "seed"]
    seeds = epochs["seed"].nunique()
    cells: dict[float, dict[str, str]] = {}
    for level in LEVELS:
        first = epochs[epochs["val_accuracy"] >= level].groupby(arm, sort=False)[["epoch", "seconds"]].first()
        cells[level] = {
            str(name): f"{rows['epoch'].median():g} / {rows['seconds'].median():.3g} s"
            for name, rows in first.groupby("architecture")
            if len(rows) == seeds
        }
    columns = [level for level in LEVELS if cells[level]][-shown:]
    return markdown.table(
        ["epoch / time to validation accuracy", *(f"{level:g}" for level in columns)],
        [
            [str(name), *(cells[level].get(str(name), "not reached") for level in columns)]
            for name in epochs["architecture"].unique()
        ],
    )


def data_table(facts: dict[str, Any]) -> str:
    """Return what stage prepare found in the splits of a data set (`dscnn.data_facts`)."""
    splits = facts["splits"]
    return markdown.table(
        ["split", "images", "a class", "mean", "std", "repeated", "of them otherwise labelled"],
        [
            [
                split,
                f"{part['n']:,}",
                _range(part["classes"].values()),
                " / ".join(f"{value:.3f}" for value in part["mean"]),
                " / ".join(f"{value:.3f}" for value in part["std"]),
                f"{part['repeated']:,}",
                f"{part['repeated_otherwise_labelled']:,}",
            ]
            for split, part in splits.items()
        ],
    )


def data_section(dataset: str, facts: dict[str, Any], on_test: bool) -> str:
    """Return the data set's facts, and whether its splits are kept apart."""
    classes = facts["splits"]["train"]["classes"]
    pairs = {pair: n for pair, n in facts["shared"].items() if not (on_test and "validation" in pair)}
    leaks = [f"{n:,} images in both {pair}" for pair, n in pairs.items() if n]
    return "\n\n".join(
        [
            f"### {dataset}",
            f"{len(classes)} classes: {', '.join(classes)}.",
            data_table(facts),
            f"**{'; '.join(leaks)}.**" if leaks else f"No image is in both {', nor in both '.join(pairs)}.",
        ]
    )


def _of(table: pd.DataFrame, dataset: object, width: object) -> pd.DataFrame:
    return table[(table["dataset"] == dataset) & (table["width"] == width)]


def _range(counts: Collection[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def report(
    settings: params.Params,
    arms: pd.DataFrame,
    networks: pd.DataFrame,
    epochs: pd.DataFrame,
    facts: Mapping[str, dict[str, Any]],
    costs: Costs,
) -> str:
    """Return the whole report as Markdown; figures are looked for in ../plots/."""
    on_test = settings.train.validation == "test"
    accuracy = "test accuracy (test is validation)" if on_test else "test accuracy"
    parts = ["# Separable against regular convolutions", "## Conditions", conditions.text(settings, arms)]
    if on_test:
        parts.append(
            "**The validation split is the test split** (`train.validation: test`): every curve below is a curve on"
            " test images, and settings chosen by looking at them are chosen on the test split."
        )
    for (dataset, width), rows in networks.groupby(EXPERIMENT, sort=False):
        own, curves = _of(arms, dataset, width), _of(epochs, dataset, width)
        parts += [
            f"## {dataset}, width {width}",
            f"{own['train_images'].iloc[0]:,} training images, {own['test_images'].iloc[0]:,} test images.",
            result_table(rows, accuracy),
            relative_table(rows, accuracy),
            reached_table(curves),
            "Every arm:",
            arm_table(own, accuracy),
            *cost_section.section(
                rows,
                _of(costs.layers, dataset, width),
                _of(costs.kinds, dataset, width),
                costs.benchmarks[str(dataset), str(width)],
            ),
            *cost_section.deployed_section(_of(costs.deployed, dataset, width)),
        ]
    parts += cost_section.published_section(costs.published)
    parts += [
        "## Data",
        "Mean and std are of the pixels of each channel over 255. An image is repeated when every pixel is that of an"
        " image before it in the split; near-duplicates are not counted.",
    ]
    parts += [data_section(name, facts[name], on_test) for name in settings.datasets]
    parts.append("## Figures")
    parts += [f"![{title}](../plots/{name}.png)" for name, (title, *_) in figures.FIGURES.items()]
    parts += [f"![Samples of {name}](../plots/samples_{name}.png)" for name in settings.datasets]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Draw the figures and write metrics/report.md."""
    settings = params.load()
    spelled = dict.fromkeys([*EXPERIMENT, "architecture", "seed"], str)
    empty = {name: [""] for name in MAY_BE_EMPTY}
    tables = {path: pd.read_csv(path, dtype=spelled, keep_default_na=False, na_values=empty) for path in layout.TABLES}
    for name, picture in figures.draw_all(tables, settings.train.validation == "test"):
        with files.whole(layout.figure(name)) as file:
            file.write(picture)
    networks = tables[layout.NETWORKS_TABLE]
    costs = Costs(
        tables[layout.LAYERS_TABLE],
        tables[layout.KINDS_TABLE],
        tables[layout.DEPLOYED_TABLE],
        {
            (dataset, str(width)): files.read_json(layout.benchmark(dataset, str(width)))
            for dataset in settings.datasets
            for width in settings.widths
        },
        files.read_json(layout.PUBLISHED),
    )
    facts = {name: files.read_json(layout.facts(name)) for name in settings.datasets}
    arms, epochs = tables[layout.ARMS_TABLE], tables[layout.EPOCHS_TABLE]
    files.write_text(layout.REPORT, report(settings, arms, networks, epochs, facts, costs))
    print(f"{layout.REPORT} and {len(figures.FIGURES)} figures in plots/")


if __name__ == "__main__":
    run(main)
