"""Stage compare: everything measured, as metrics/summary.json and tidy tables for plots and report.

Arms are enumerated from params.yaml, so files left over from a removed architecture do not count.
"""

from itertools import product

import numpy as np
import pandas as pd

from dscnn import cost_tables, files, layout, params
from dscnn.cost_tables import NET
from dscnn.stage import Problem, run

ENVIRONMENT = [
    "device",
    "processor",
    "threads",
    "precision",
    "data_format",
    "platform",
    "python",
    "tensorflow",
    "keras",
]


DEPLOYED = [
    *layout.Arm._fields, "format", "bytes", "accuracy", "agreement", "latency_ms", "latency_ms_low", "latency_ms_high"
]  # fmt: skip


def arms(settings: params.Params) -> list[layout.Arm]:
    """Return every arm of the experiment, in the order of params.yaml."""
    axes = (settings.datasets, settings.widths, settings.architectures, settings.seeds)
    return [layout.Arm(*map(str, point)) for point in product(*axes)]


def arm_row(arm: layout.Arm) -> dict[str, object]:
    """Return what was measured for one arm: test accuracy and loss, seconds, and on what."""
    score, timing, result = (files.read_json(path) for path in (arm.score, arm.timing, arm.result))
    if timing["environment"] != result["environment"]:
        raise Problem(f"{arm.timing} is of another training than {arm.result}: 'dvc repro' makes both")
    return {
        **arm._asdict(),
        "accuracy": score["accuracy"],
        "loss": score["loss"],
        "test_images": score["n"],
        "train_images": result["train_images"],
        "train_seconds": timing["train_seconds"],
        "validation_seconds": timing["validation_seconds"],
        "start_seconds": timing["start_seconds"],
        "starts": timing["starts"],
        "images_per_second": timing["images_per_second"],
        "measured": timing["measured"],
        **{name: result["environment"][name] for name in ENVIRONMENT},
    }


def epoch_table(experiment: list[layout.Arm]) -> pd.DataFrame:
    """Return the histories of all arms, a row an epoch; `seconds`: of training up to its end."""
    tables = []
    for arm in experiment:
        try:
            table = pd.read_csv(arm.history)
        except FileNotFoundError:
            raise Problem(f"{arm.history} is missing: 'dvc repro' makes it") from None
        table["seconds"] = np.cumsum(files.read_json(arm.timing)["epoch_seconds"]).round(3)
        for position, (name, value) in enumerate(arm._asdict().items()):
            table.insert(position, name, value)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def network_table(arm_table: pd.DataFrame, costs: pd.DataFrame) -> pd.DataFrame:
    """Return a row a network: mean accuracy and loss over the seeds, median times, their extremes, and the costs.

    `costs` has the columns dataset, width, architecture, parameters, macs and flops.
    """
    measured = arm_table.groupby(NET, sort=False).agg(
        seeds=("seed", "nunique"),
        accuracy=("accuracy", "mean"),
        accuracy_low=("accuracy", "min"),
        accuracy_high=("accuracy", "max"),
        loss=("loss", "mean"),
        train_seconds=("train_seconds", "median"),
        train_seconds_low=("train_seconds", "min"),
        train_seconds_high=("train_seconds", "max"),
        images_per_second=("images_per_second", "median"),
    )
    table = measured.reset_index().merge(costs, on=NET, how="left", validate="one_to_one")
    table = table.round(dict.fromkeys(("accuracy", "accuracy_low", "accuracy_high", "loss"), 4))
    times = ["train_seconds", "train_seconds_low", "train_seconds_high"]
    table[times] = table[times].map(lambda seconds: float(f"{seconds:.4g}"))
    return table.round({"images_per_second": 0})


MEASURES: dict[str, type[int] | type[float]] = {
    "accuracy": float,
    "accuracy_low": float,
    "accuracy_high": float,
    "loss": float,
    "parameters": int,
    "macs": int,
    "flops": int,
    "train_seconds": float,
    "images_per_second": int,
    "latency_ms": float,
}


def summary(networks: pd.DataFrame) -> dict[str, dict[str, dict[str, dict[str, float | int]]]]:
    """Return `{dataset: {width: {architecture: measures}}}` of a `network_table`."""
    tree: dict[str, dict[str, dict[str, dict[str, float | int]]]] = {}
    for row in networks.to_dict("records"):
        measures = {name: kind(row[name]) for name, kind in MEASURES.items()}
        tree.setdefault(row["dataset"], {}).setdefault(row["width"], {})[row["architecture"]] = measures
    return tree


def cost_table(experiment: list[layout.Arm]) -> pd.DataFrame:
    rows = []
    for net in dict.fromkeys(arm[:3] for arm in experiment):
        cost = files.read_json(layout.cost(*net))
        rows.append(dict(zip(NET, net, strict=True)) | {name: cost[name] for name in ("parameters", "macs", "flops")})
    return pd.DataFrame(rows)


def deployed_table(settings: params.Params) -> pd.DataFrame:
    """Return a row a format of each network that stage deploy converted; none where `deploy` names no seed."""
    axes = (settings.datasets, settings.widths, settings.architectures, settings.deploy)
    rows = []
    for arm in (layout.Arm(*map(str, point)) for point in product(*axes)):
        for form, own in files.read_json(arm.deployed)["formats"].items():
            latency = own.pop("latency_ms")
            times = {
                f"latency_ms{end}": latency[name] for end, name in (("", "median"), ("_low", "low"), ("_high", "high"))
            }
            rows.append({**arm._asdict(), "format": form, **own, **times})
    return pd.DataFrame(rows, columns=DEPLOYED)


def main() -> None:
    """Gather the arms of params.yaml."""
    settings = params.load()
    experiment, architectures = arms(settings), list(settings.architectures)
    benchmarks = {
        (dataset, width): files.read_json(layout.benchmark(dataset, width))
        for dataset, width in dict.fromkeys(arm[:2] for arm in experiment)
    }
    arm_table = pd.DataFrame([arm_row(arm) for arm in experiment])
    layers = cost_tables.layer_table(benchmarks, architectures)
    steps = cost_tables.step_table(benchmarks, layers, architectures)
    networks = network_table(arm_table, cost_table(experiment)).merge(steps, on=NET, validate="one_to_one")
    for path, table in (
        (layout.EPOCHS_TABLE, epoch_table(experiment)),
        (layout.ARMS_TABLE, arm_table),
        (layout.NETWORKS_TABLE, networks),
        (layout.LAYERS_TABLE, layers),
        (layout.KINDS_TABLE, cost_tables.kind_table(networks, layers)),
        (layout.RELATIVE_TABLE, cost_tables.relative_table(networks)),
        (layout.DEPLOYED_TABLE, deployed_table(settings)),
    ):
        files.write_text(path, table.to_csv(index=False, lineterminator="\n"))
    files.write_json(layout.SUMMARY, summary(networks))
    print(networks[[*NET, "seeds", "accuracy", "train_seconds", "macs"]].to_string(index=False))


if __name__ == "__main__":
    run(main)
