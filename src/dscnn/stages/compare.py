"""Stage compare: everything measured, as a metrics file for each network and tidy tables for plots and report."""

import pandas as pd

from dscnn.core import files
from dscnn.core.paths import metrics
from dscnn.core.stage import run
from dscnn.experiment import params
from dscnn.reporting.tables import (
    arms,
    breakeven,
    classes,
    costs,
    decomposition,
    differences,
    equal_cost,
    networks,
    paths,
    predicted,
)


def main() -> None:
    """Gather the arms of params.yaml."""
    settings = params.load()
    experiment, architectures = arms.arms(settings), list(settings.architectures)
    benchmarks, probes = (
        {key: files.read_json(metrics(stage, *key)) for key in dict.fromkeys(arm[:2] for arm in experiment)}
        for stage in ("benchmark", "probes")
    )
    swept = {name: files.read_json(metrics("breakeven", name)) for name in settings.datasets}
    predictions = classes.predictions(experiment)
    facts = {name: files.read_json(metrics("prepare", name)) for name in settings.datasets}
    names = {name: list(own["splits"]["train"]["classes"]) for name, own in facts.items()}
    right = classes.right(predictions)
    arm_table = pd.DataFrame([arms.arm_row(arm) for arm in experiment])
    layers = costs.layer_table(benchmarks, architectures)
    steps = costs.step_times(benchmarks, layers, architectures)
    network_table = networks.network_table(arm_table, networks.cost_table(experiment), steps)
    for path, table in (
        (paths.EPOCHS, arms.epoch_table(experiment)),
        (paths.ARMS, arm_table),
        (paths.NETWORKS, network_table),
        (paths.LAYERS, layers),
        (paths.OPERATIONS, costs.operation_table(network_table, layers)),
        (paths.CONFUSION, classes.confusion_table(predictions, names)),
        (paths.DIFFERENCES, differences.table(right, settings.comparison.margin / 100)),
        (paths.EQUAL_COST, equal_cost.table(network_table, arm_table, settings.comparison.margin / 100)),
        (paths.PAIRED, differences.paired_table(right)),
        (paths.PREDICTED, predicted.table(probes, benchmarks, architectures)),
        (paths.RELATIVE, costs.relative_table(benchmarks, network_table)),
        (paths.DECOMPOSITION, decomposition.table(benchmarks, architectures)),
        (paths.DEPLOYED, arms.deployed_table(settings)),
        (paths.BREAKEVEN, breakeven.breakeven_table(swept, architectures)),
    ):
        files.write_text(path, table.to_csv(index=False, lineterminator="\n"))
    for net, own in networks.compared(network_table).items():
        files.write_json(metrics("compare", *net), own)
    print(network_table[[*networks.NET, "seeds", "accuracy", "train_seconds", "macs"]].to_string(index=False))


if __name__ == "__main__":
    run(main)
