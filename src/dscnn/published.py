"""Stage published: the train times that others published, and what the roofline of such a machine says of them.

The networks are built as published and counted at their batch size and precision; nothing is trained or timed.
"""

from typing import Any

from dscnn import counter, files, layout, networks, params, roofline
from dscnn.device import keras, tf
from dscnn.stage import run

CONVENTION = (
    "roofline_seconds: all training steps (the last one of an epoch as a whole one), forward and backward, each pass's"
    " FLOPs at the data sheet's rate or its bytes at its bandwidth, whichever takes longer; macs: one image, inference;"
    " step_flops and step_bytes: one batch"
)


def explained(entry: params.Published) -> dict[str, Any]:
    """Return, by architecture, what was published and what the roofline of each machine says, by class of layer."""
    steps = -(-entry.images // entry.batch_size) * entry.epochs
    keras.config.set_dtype_policy(entry.precision)
    found = {}
    for name, kinds in entry.architectures.items():
        model = networks.build(entry.network, kinds, 1.0, entry.shape, entry.classes)
        counted = counter.count(model, entry.batch_size)
        rows: list[dict[str, Any]] = [row.flat() for row in counted]
        machines = {}
        for machine, sheet in entry.machines.items():
            ceilings = roofline.data_sheet(**sheet.model_dump())
            by_class: dict[str, float] = {}
            memory = 0.0
            for row in rows:
                least = roofline.of_row(ceilings, row, training=True)
                by_class[row["kind"]] = by_class.get(row["kind"], 0.0) + steps * least.seconds
                memory += steps * least.memory
            machines[machine] = {
                "roofline_seconds": _short(sum(by_class.values())),
                "memory_bound_seconds": _short(memory),
                "by_class": {name: _short(seconds) for name, seconds in by_class.items() if seconds},
            }
        sums = counter.total(counted)
        found[name] = {
            "macs": sums["macs"] // entry.batch_size,
            "step_flops": sums["forward_flops"] + sums["backward_flops"],
            "step_bytes": sums["forward_bytes"] + sums["backward_bytes"],
            "published_seconds": entry.train_seconds[name],
            "machines": machines,
        }
    return {"source": entry.source, "steps": steps, "convention": CONVENTION, "architectures": found}


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def main() -> None:
    """Explain every entry of `published`."""
    settings = params.load()
    tf.config.set_visible_devices([], "GPU")  # counting needs none
    keras.config.set_image_data_format("channels_last")
    files.write_json(layout.PUBLISHED, {name: explained(entry) for name, entry in settings.published.items()})
    print(f"{layout.PUBLISHED}: {len(settings.published)} published experiments")


if __name__ == "__main__":
    run(main)
