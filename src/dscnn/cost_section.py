"""The report's section on cost and time: tables, paragraphs, and what others published."""

from typing import Any

import pandas as pd

from dscnn import cost_tables, explain, markdown, roofline

Record = dict[str, Any]


def step_table(networks: pd.DataFrame) -> str:
    """Return each architecture's training step: work, bytes, least time and time, and as shares of the first's."""
    rows = explain.records(networks)
    base = rows[0]

    def share(row: Record, column: str) -> str:
        return f"{row[column] / base[column]:.2f}"

    return markdown.table(
        ["a training step", "GFLOPs", "GB moved", "roofline", "measured", "range", "shares of the first"],
        [
            [
                row["architecture"],
                f"{row['step_flops'] / 1e9:,.2f}",
                f"{row['step_bytes'] / 1e9:,.3f}",
                f"{1e3 * row['roofline_seconds']:,.1f} ms",
                f"{1e3 * row['step_seconds']:,.1f} ms",
                f"{1e3 * row['step_seconds_low']:,.1f} to {1e3 * row['step_seconds_high']:,.1f} ms",
                " / ".join(
                    share(row, name) for name in ("step_flops", "step_bytes", "roofline_seconds", "step_seconds")
                ),
            ]
            for row in rows
        ],
    )


def inference_table(networks: pd.DataFrame, batch_size: int) -> str:
    return markdown.table(
        ["inference", "one image", "range", f"a batch of {batch_size}", "images/s"],
        [
            [
                row["architecture"],
                f"{row['latency_ms']:.3g} ms",
                f"{row['latency_ms_low']:.3g} to {row['latency_ms_high']:.3g} ms",
                f"{1e3 * row['inference_seconds']:.3g} ms",
                f"{batch_size / row['inference_seconds']:,.0f}",
            ]
            for row in explain.records(networks)
        ],
    )


def kind_table(kinds: pd.DataFrame) -> str:
    """Return where the time of each architecture's training step goes, with the roofline's time in brackets."""
    names = list(kinds["architecture"].unique())
    cells = {(row["kind"], row["architecture"]): row for row in explain.records(kinds)}

    def cell(kind: str, name: str) -> str:
        row = cells.get((kind, name))
        if row is None:
            return ""
        least = row["roofline_seconds"]
        return f"{1e3 * row['seconds']:.2f}" + ("" if pd.isna(least) else f" ({1e3 * least:.2f})")

    order = [kind for kind in kinds["kind"].unique() if kind not in ("optimizer", "loss", "left over")]
    return markdown.table(
        ["ms (by the roofline)", *names],
        [[kind, *(cell(kind, name) for name in names)] for kind in (*order, "optimizer", "loss", "left over")],
    )


def section(networks: pd.DataFrame, layers: pd.DataFrame, kinds: pd.DataFrame, record: Record) -> list[str]:
    """Return the paragraphs of one data set and width; `record` is what stage benchmark wrote."""
    ceilings = roofline.measured(record["machine"])
    row = networks.iloc[0]
    return [
        "### Cost explained",
        f"Training steps of {record['batch_size']} images, {record['environment']['precision']}, timed side by side in"
        f" one process: medians and extremes of {record['rounds']} rounds. {explain.noise_words(record)}"
        f" {explain.ceilings_words(record)}",
        step_table(networks),
        "Shares: FLOPs / bytes / roofline / measured. FLOPs and bytes are those of forward and backward"
        " (src/dscnn/counter.py has the convention); the roofline is what the ceilings allow, pass by pass, summed over"
        " the layers.",
        *explain.pairs(networks, layers, kinds, ceilings.vector_ridge),
        "Where the time of a step goes, each layer timed alone, forward and backward, on the inputs that it has:",
        kind_table(kinds),
        "*First convolution*: what sees the images' own few channels, both halves if separable. *Left over*: the whole"
        " step less its parts: TensorFlow's own work, and caches that hold a layer's inputs when it is timed alone but"
        " not in the whole; negative if the parts take less together than alone. Making a batch of images takes"
        f" {1e3 * row['input_seconds']:.2g} ms, beside the step.",
        "What would make it faster:",
        explain.remedies(networks, kinds),
        explain.agreement_words(cost_tables.agreement(layers)) + " plots/layers.csv has every layer.",
        inference_table(networks, record["batch_size"]),
    ]


def deployed_section(deployed: pd.DataFrame) -> list[str]:
    """Return size, latency and accuracy of what was converted, if anything was."""
    if deployed.empty:
        return []
    return [
        "Converted to TensorFlow Lite, one image at a time on this CPU; accuracy on the test split, and the share of"
        " its images that get the same class as from the Keras network:",
        markdown.table(
            ["architecture", "seed", "format", "file", "latency", "range", "accuracy", "same class"],
            [
                [
                    row["architecture"],
                    row["seed"],
                    row["format"],
                    f"{row['bytes'] / 1e3:,.1f} kB",
                    f"{row['latency_ms']:.3g} ms",
                    f"{row['latency_ms_low']:.3g} to {row['latency_ms_high']:.3g} ms",
                    f"{row['accuracy']:.4f}",
                    f"{row['agreement']:.2%}",
                ]
                for row in explain.records(deployed)
            ],
        ),
    ]


def published_section(published: dict[str, Record]) -> list[str]:
    """Return what the roofline says of train times that others published."""
    made = ["## Published train times"] if published else []
    for name, entry in published.items():
        made += [
            f"### {name}",
            f"Source: {entry['source']}. {entry['steps']:,} training steps. Nothing was run: the roofline of each"
            " machine, from its data sheet, is what its rates allow by this count.",
            _published_table(entry["architectures"]),
            *(_depthwise_words(entry["architectures"], machine) for machine in _machines(entry["architectures"])),
        ]
    return made


def _machines(architectures: dict[str, Record]) -> list[str]:
    return list(next(iter(architectures.values()))["machines"])


def _least(own: Record, machine: str) -> float:
    seconds: float = own["machines"][machine]["roofline_seconds"]
    return seconds


def _published_table(architectures: dict[str, Record]) -> str:
    machines = _machines(architectures)
    base = next(iter(architectures.values()))
    return markdown.table(
        ["shares of the first", "FLOPs", "bytes", *machines, "published", *(f"{name} reached" for name in machines)],
        [
            [
                name,
                f"{own['step_flops'] / base['step_flops']:.3f}",
                f"{own['step_bytes'] / base['step_bytes']:.3f}",
                *(f"{_least(own, machine) / _least(base, machine):.3f}" for machine in machines),
                f"{own['published_seconds'] / base['published_seconds']:.3f}",
                *(f"{_least(own, machine) / own['published_seconds']:.0%}" for machine in machines),
            ]
            for name, own in architectures.items()
        ],
    )


def _depthwise_words(architectures: dict[str, Record], machine: str) -> str:
    """Say what share of the roofline depthwise passes must have reached for the published times to come out.

    All other passes are taken to reach the share that the architecture without depthwise passes did; the rest of
    each other architecture's time is then that of its depthwise passes.
    """

    def depthwise(own: Record) -> float:
        by_class: dict[str, float] = own["machines"][machine]["by_class"]
        return sum(seconds for name, seconds in by_class.items() if name.startswith("Depthwise"))

    without = [name for name, own in architectures.items() if not depthwise(own)]
    having = [name for name in architectures if name not in without]
    if not without or not having:
        which = "all" if having else "none"
        return f"{machine}: depthwise passes are in {which} of the architectures, so there is nothing to compare."
    plain = architectures[without[0]]
    share = _least(plain, machine) / plain["published_seconds"]
    reached = []
    for name in having:
        own = architectures[name]
        rest = (_least(own, machine) - depthwise(own)) / share
        left = own["published_seconds"] - rest
        if left <= 0:
            return f"{machine}: {name} took less than its other passes alone would: depthwise passes explain nothing."
        reached.append((name, depthwise(own) / left, left / own["published_seconds"]))
    shares = [of for _, of, _ in reached]
    listed = ", ".join(f"{of:.1%} in {name} ({part:.0%} of its time)" for name, of, part in reached)
    return (
        f"{machine}: {without[0]} reached {share:.0%} of its roofline. If all but the depthwise passes of the others"
        f" did too, the depthwise passes reached {listed}."
        + (
            " Nearly the same number for both: neither FLOPs nor bytes alone tell these times, but depthwise passes"
            " that use so little of the bandwidth do."
            if len(shares) == 2 and max(shares) < min(0.25, 1.5 * min(shares))
            else ""
        )
    )
