"""Networks timed side by side in one process: whole steps in rounds, each layer alone, and what the machine reaches.

Layers are timed on the inputs that they have in the network, and once for all networks that share one.
"""

import gc
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dscnn.core.load import Load
from dscnn.core.splits import Labelled
from dscnn.costs.trained import count
from dscnn.experiment.params import Recipe
from dscnn.networks.fused import Fused
from dscnn.timing import ceilings, timer, workloads
from dscnn.timing.timer import Call, Rounds, Say, Timing, interleaved, saying, summary
from dscnn.training.augment import Augment
from dscnn.training.batches import Batches, Training

Key = tuple[str, ...]
EMPTY: Key = ("empty call",)
NOTHING: Timing = {"median": 0.0, "min": 0.0, "max": 0.0, "rounds": [0.0]}


def measured(
    models: Mapping[str, Fused], batch: Labelled, recipe: Recipe, timed: Rounds, threads: int, say: Say
) -> dict[str, Any]:
    """Return the times of `models`, compiled, on `batch`, the ceilings of the machine, and what else ran on it.

    The models compute in `threads` threads, and so do the ceilings; `say` is told what is being timed.
    """
    load = Load()
    first = next(iter(models.values()))
    classes, dtype = first.network.output.shape[-1], first.compute_dtype
    images, one_hot = workloads.tensors(batch, classes)
    say("what the machine reaches")
    reached = ceilings.measure(dtype, threads, timed.round_seconds)
    calls = {"input": input_call(batch, classes, recipe)} | {
        f"{name} {step}": call for name, model in models.items() for step, call in steps(model, images, one_hot).items()
    }
    times = interleaved(calls, timed, saying(say, "whole steps"))
    whole = {name: summary(values) for name, values in times.items()}
    found: dict[str, dict[str, Any]] = {}
    known: dict[Key, Timing] = {}
    for name, model in models.items():
        told = saying(say, f"layers of {name}")
        rows = list(layers(model, images, timed, reached["call_seconds"], known, name, told))
        gc.collect()
        own = {key.removeprefix(f"{name} "): timing for key, timing in whole.items() if key.startswith(f"{name} ")}
        found[name] = own | {"layers": rows}
    return {
        "ceilings": ceilings.better(reached, ceilings.measure(dtype, threads, timed.round_seconds)),
        "load": load.reading(),
        "input": whole["input"],
        "architectures": found,
    }


def steps(model: Fused, images: Any, one_hot: Any) -> dict[str, Call]:
    """Return the calls that are timed side by side."""
    return {
        "training_step": workloads.training_step(model, images, one_hot),
        "inference": workloads.inference(model.network, images),
        "inference_1": workloads.inference(model.network, images[:1]),
        "optimizer": workloads.optimizer(model),
        "loss": workloads.loss(model, one_hot),
    }


def input_call(batch: Labelled, classes: int, recipe: Recipe) -> Call:
    """Return a call that makes one training batch as stage train does."""
    augment = Augment(recipe.shift, recipe.flip, recipe.cutout)
    batches = Batches(batch, classes, len(batch.labels), Training(0, augment, recipe.label_smoothing))
    return lambda: batches[0]


def hiding(make: Callable[[int], Call], most: int, timed: Rounds, call_seconds: float) -> tuple[Call, int]:
    """Return what `make` makes, in as many copies a call as hide the time of the call itself, and how many.

    An empty call takes `call_seconds`; `most` copies have room.
    """
    call = make(1)
    first = timer.seconds(call, timed.round_seconds)
    copies = int(min(most, max(1, 50 * call_seconds // max(first - call_seconds, 1e-9))))
    return (make(copies) if copies > 1 else call), copies


def layers(
    model: Fused, images: Any, timed: Rounds, call_seconds: float, known: dict[Key, Timing], session: str, say: Say
) -> Iterator[dict[str, Any]]:
    """Yield each layer's cost and times; `known` keeps the times of layers that networks share.

    Each time is marked with the `session` in whose rounds it was taken.
    """
    parts = list(workloads.parts(model, images))
    calls: dict[Key, Call] = {EMPTY: ceilings.empty_call()}
    copies: dict[Key, int] = {}
    for part in parts:
        for direction, make in (("inference", part.inference), ("training", part.training)):
            key = (direction, *part.key)
            if key not in known and make:
                calls[key], copies[key] = hiding(make, part.copies, timed, call_seconds)
    rounds = interleaved(calls, timed, say)
    for key, number in copies.items():
        times = zip(rounds[key], rounds[EMPTY], strict=True)
        known[key] = summary([max(taken - empty, 0) / number for taken, empty in times]) | {"session": session}
    rows = {row.name: row for row in count(model, len(images))}
    for part in parts:
        timings: dict[str, object] = {
            f"{direction}_seconds": known.get((direction, *part.key), NOTHING)
            for direction in ("inference", "training")
        }
        yield rows.pop(part.name).flat() | timings
    if rows:
        raise RuntimeError(f"counted, but not timed: {', '.join(rows)}")
