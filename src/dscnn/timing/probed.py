"""Probe networks timed as stage benchmark times those of the experiment: each layer alone, optimizer and loss."""

import gc
from collections.abc import Iterator
from typing import Any

from dscnn.core.load import Load
from dscnn.core.splits import Labelled
from dscnn.costs.work import same_work
from dscnn.networks.fused import Fused
from dscnn.timing import ceilings, side_by_side, timer, workloads
from dscnn.timing.timer import Rounds, Say, Timing

PARTS = ("optimizer", "loss")
Networks = Iterator[tuple[str, Fused, Labelled]]  # each compiled, and its batch


def measured(networks: Networks, held_out: set[tuple[object, ...]], timed: Rounds, say: Say) -> dict[str, Any]:
    """Return the times of each network's parts, and what else the machine did.

    Layers are left out whose work (`same_work`) is among `held_out`, the experiment's.
    """
    load = Load()
    empty = timer.seconds(ceilings.empty_call(), timed.round_seconds)
    known: dict[side_by_side.Key, Timing] = {}
    found = {}
    for name, model, batch in networks:
        telling = timer.saying(say, f"parts of {name}")
        images, one_hot = workloads.tensors(batch, model.network.output.shape[-1])
        steps = side_by_side.steps(model, images, one_hot)
        times = timer.interleaved({part: steps[part] for part in PARTS}, timed, telling)
        rows = list(side_by_side.layers(model, images, timed, empty, known, name, telling))
        found[name] = {part: timer.summary(times[part]) for part in PARTS} | {
            "trainable_parameters": sum(row["trainable_parameters"] for row in rows),
            "layers": [row for row in rows if same_work(row) not in held_out],
        }
        gc.collect()
    return {"load": load.reading(), "probes": found}
