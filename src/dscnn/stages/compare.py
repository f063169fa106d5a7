"""Stage compare: everything measured, as a metrics file for each network and tidy tables for plots and report."""

from pathlib import Path

import pandas as pd

from dscnn.core import files
from dscnn.core.paths import Arm, metrics
from dscnn.core.stage import run
from dscnn.experiment import params
from dscnn.experiment.params import Params
from dscnn.reporting.tables import (
    arms,
    breakeven,
    classes,
    costs,
    decomposition,
    differences,
    disagreements,
    equal_cost,
    equal_time,
    networks,
    one_image,
    predicted,
    present,
    stored,
    timed,
)
from dscnn.reporting.tables.readable import readable


def main() -> None:
    """Gather the arms of params.yaml that are complete; raises `Problem` if none is."""
    settings, missing = params.load(), files.read_json(metrics("manifest"))["missing"]
    experiment = present.arms(arms.arms(settings), missing)
    arm_table = pd.DataFrame([arms.arm_row(arm) for arm in experiment])
    cost_table = networks.cost_table(experiment)
    predictions = classes.predictions(experiment)
    with readable(
        *(Path("metrics", stage) for stage in ("benchmark", "breakeven", "deploy", "latency", "prepare", "probes"))
    ):
        made = tables(settings, missing, experiment, arm_table, cost_table, predictions)
    for name in stored.NAMES:
        files.write_text(stored.table(name), made[name].to_csv(index=False, lineterminator="\n"))
    for net, own in networks.compared(made["networks"]).items():
        files.write_json(metrics("compare", *net), own)
    print(made["networks"][[*networks.NET, "seeds", "accuracy", "train_seconds", "macs"]].to_string(index=False))


def tables(
    settings: Params,
    missing: list[str],
    experiment: list[Arm],
    arm_table: pd.DataFrame,
    cost_table: pd.DataFrame,
    predictions: dict[Arm, pd.DataFrame],
) -> dict[str, pd.DataFrame]:
    """Return the tables by name."""
    architectures = present.architectures(experiment)
    swept_architectures = present.by_dataset(experiment, settings.architectures)
    benchmarks, probes, latencies = (
        present.records({place: metrics(stage, *place) for place in architectures}, missing)
        for stage in ("benchmark", "probes", "latency")
    )
    swept, facts = (
        present.records({name: metrics(stage, name) for name in swept_architectures}, missing)
        for stage in ("breakeven", "prepare")
    )
    conversions = {arm: metrics("deploy", *arm) for arm in experiment if arm.seed == str(settings.seeds[0])}
    names = classes.class_names(facts)
    right = classes.right(predictions)
    arm_table = arm_table.assign(timed=timed.counted(arm_table))
    epochs = arms.epoch_table(experiment, arm_table["timed"])
    layers = costs.layer_table(benchmarks, architectures)
    steps = costs.step_times(benchmarks, layers, architectures)
    lite = one_image.lite_table(latencies, architectures)
    network_table = one_image.added(networks.network_table(arm_table, cost_table, steps), lite)
    margin = settings.comparison.margin / 100
    return {
        "epochs": epochs,
        "arms": arm_table,
        "networks": network_table,
        "layers": layers,
        "operations": costs.operation_table(network_table, layers),
        "confusion": classes.confusion_table(predictions, names),
        "differences": differences.table(right, margin),
        "disagreements": disagreements.table(predictions, names),
        "equal_cost": equal_cost.table(network_table, arm_table, margin),
        "equal_time": equal_time.table(epochs.dropna(subset="seconds"), margin),
        "paired": differences.paired_table(right),
        "predicted": predicted.table(probes, benchmarks, architectures),
        "relative": costs.relative_table(benchmarks, network_table),
        "decomposition": decomposition.table(benchmarks, architectures),
        "deployed": arms.deployed_table(present.records(conversions, missing), lite),
        "breakeven": breakeven.breakeven_table(swept, swept_architectures),
    }


if __name__ == "__main__":
    run(main)
