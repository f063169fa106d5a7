"""What others published: their networks counted, and their train times by the roofline of such a machine.

The networks are built as published and counted at their batch size and precision; nothing is trained or timed.
"""

from typing import Any

from dscnn.core.device import keras
from dscnn.core.files import significant
from dscnn.costs import roofline
from dscnn.costs.counter import count
from dscnn.costs.keras_flops import keras_flops
from dscnn.costs.work import total
from dscnn.experiment.references import Reference
from dscnn.networks.build import build

CONVENTION = (
    "roofline_seconds: all training steps (the last one of an epoch as a whole one), forward and backward, each pass's"
    " FLOPs at the data sheet's rate or its bytes at its bandwidth, whichever takes longer; macs: one image, inference;"
    " keras_flops: one batch, inference, by the package keras-flops, null where it cannot look into all operations;"
    " step_flops and step_bytes: one batch; published: as published, accuracies on the test split"
)
CONDITIONS = {
    "dataset", "images", "width", "runs", "seeded", "validation", "device", "precision", "network", "train", "recipe",
}  # fmt: skip


def explained(entry: Reference) -> dict[str, Any]:
    """Return, by architecture, what was published, what is counted, and what the roofline of each machine says."""
    batch_size = entry.train.batch_size
    steps = -(-entry.images // batch_size) * entry.train.epochs
    keras.config.set_dtype_policy(entry.precision)
    found = {}
    for name, kinds in entry.architectures.items():
        model = build(entry.network, kinds, entry.width, entry.shape, entry.classes)
        counted = count(model, batch_size)
        rows: list[dict[str, Any]] = [row.flat() for row in counted]
        machines = {}
        for machine, sheet in entry.machines.items():
            ceilings = roofline.data_sheet(**sheet.model_dump())
            by_class: dict[str, float] = {}
            memory = 0.0
            for row in rows:
                least = roofline.of_row(ceilings, row, training=True)
                by_class[row["layer_class"]] = by_class.get(row["layer_class"], 0.0) + steps * least.seconds
                memory += steps * least.memory
            machines[machine] = {
                "roofline_seconds": significant(sum(by_class.values())),
                "memory_bound_seconds": significant(memory),
                "by_class": {name: significant(seconds) for name, seconds in by_class.items() if seconds},
            }
        sums = total(counted)
        found[name] = {
            "kinds": list(kinds),
            "parameters": sums["parameters"],
            "trainable_parameters": sums["trainable_parameters"],
            "macs": sums["macs"] // batch_size,
            "keras_flops": keras_flops(model, batch_size)[0],
            "step_flops": sums["forward_flops"] + sums["backward_flops"],
            "step_bytes": sums["forward_bytes"] + sums["backward_bytes"],
            "published": entry.results[name].model_dump(),
            "machines": machines,
        }
    return {
        "source": entry.source,
        "remarks": list(entry.remarks),
        "conditions": entry.model_dump(mode="json", include=CONDITIONS),
        "keras_flops_digit": entry.keras_flops_digit,
        "steps": steps,
        "convention": CONVENTION,
        "architectures": found,
    }
