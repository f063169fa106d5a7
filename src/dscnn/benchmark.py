"""Stage benchmark@D-W: all architectures of a width side by side in one process: whole steps, each layer, the machine.

Steps are timed in rounds, one architecture after the other in each, so that a machine that slows down or speeds up
does so for all. Layers are timed alone, on the inputs that they have in the network, and once for all architectures
that share one. No weight changes meanwhile, since the learning rate is 0.
"""

import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from statistics import median
from typing import Any, TypeVar

import numpy as np

from dscnn import ceilings, counter, device, files, layout, params, workloads
from dscnn.augment import Augment
from dscnn.batches import Batches, Training
from dscnn.device import tf
from dscnn.fused import Fused
from dscnn.labelled import Labelled
from dscnn.stage import Problem, run
from dscnn.trainable import compiled

CONVENTION = (
    "seconds by a monotonic clock, of a batch of batch_size; each round's value is the median of at least"
    f" {ceilings.CALLS} calls that fill round_seconds; median, low and high are over the rounds; training_step:"
    " forward, backward and optimizer, the batch ready in memory; inference_1: a batch of 1; optimizer, loss (with its"
    " gradient and the accuracy) and input (making a batch, which stage train does beside the step) are timed alone,"
    " and so are the layers: inference, and training = forward and backward; the time of an empty call in the same"
    " round is taken off the layers' times; passes: bytes a second of passes over arrays, by their bytes;"
    " noisy: whole steps whose extremes lie further apart than a tenth of the median;"
    " bytes and FLOPs of layers as dscnn/counter.py counts them, in the precision of the environment"
)
WHOLE = ("training_step", "inference", "inference_1")
NOISY = 0.1
Timing = dict[str, float]
Name = TypeVar("Name")
Call = Callable[[], Any]
Key = tuple[str, ...]
Known = dict[Key, Timing]
EMPTY: Key = ("empty call",)
NOTHING = {"median": 0.0, "low": 0.0, "high": 0.0}


def summary(times: list[float]) -> Timing:
    """Return the median of `times` and their extremes, in seconds with four digits."""
    return {
        name: float(f"{value:.4g}")
        for name, value in (("median", median(times)), ("low", min(times)), ("high", max(times)))
    }


def spread(timing: Timing) -> float:
    """Return the distance of the extremes as a share of the median."""
    return (timing["high"] - timing["low"]) / timing["median"]


def interleaved(
    calls: Mapping[Name, Call], timed: params.Benchmark, say: Callable[[str], None]
) -> dict[Name, list[float]]:
    """Return the times of all `calls`, one a round, after a round that does not count."""
    times: dict[Name, list[float]] = {name: [] for name in calls}
    for number in range(timed.rounds + 1):
        say(f"round {number}/{timed.rounds}")
        for name, call in calls.items():
            times[name].append(ceilings.once(call, timed.round_seconds))
    return {name: values[1:] for name, values in times.items()}


def hiding(make: Callable[[int], Call], most: int, timed: params.Benchmark, call_seconds: float) -> tuple[Call, int]:
    """Return what `make` makes, in as many copies a call as hide the time of the call itself, and how many.

    An empty call takes `call_seconds`; `most` copies have room.
    """
    call = make(1)
    first = ceilings.seconds(call, timed.round_seconds)
    copies = int(min(most, max(1, 50 * call_seconds // max(first - call_seconds, 1e-9))))
    return (make(copies) if copies > 1 else call), copies


def steps(model: Fused, images: Any, one_hot: Any) -> dict[str, Call]:
    """Return the calls that are timed side by side."""
    return {
        "training_step": workloads.training_step(model, images, one_hot),
        "inference": workloads.inference(model.network, images),
        "inference_1": workloads.inference(model.network, images[:1]),
        "optimizer": workloads.optimizer(model),
        "loss": workloads.loss(model, one_hot),
    }


def input_call(settings: params.Params, images: np.ndarray, classes: int) -> Call:
    """Return a call that makes one training batch as stage train does."""
    recipe = settings.recipe
    labels = (np.arange(len(images)) % classes).astype(np.uint8)
    augment = Augment(recipe.shift, recipe.flip, recipe.cutout)
    training = Training(0, augment, recipe.label_smoothing)
    batches = Batches(Labelled(images, labels), classes, settings.train.batch_size, training)
    return lambda: batches[0]


def layers(
    model: Fused, images: Any, settings: params.Params, call_seconds: float, known: Known, say: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """Yield each layer's cost and times; `known` keeps the times of layers that architectures share."""
    parts = list(workloads.parts(model, images))
    calls: dict[Key, Call] = {EMPTY: ceilings.empty_call()}
    copies: dict[Key, int] = {}
    for part in parts:
        for direction, make in (("inference", part.inference), ("training", part.training)):
            key = (direction, *part.key)
            if key not in known and make:
                calls[key], copies[key] = hiding(make, part.copies, settings.benchmark, call_seconds)
    rounds = interleaved(calls, settings.benchmark, say)
    for key, number in copies.items():
        times = zip(rounds[key], rounds[EMPTY], strict=True)
        known[key] = summary([max(taken - empty, 0) / number for taken, empty in times])
    rows = {row.name: row for row in counter.count(model.network, settings.train.batch_size)}
    for part in parts:
        timings: dict[str, object] = {
            f"{direction}_seconds": known.get((direction, *part.key), NOTHING)
            for direction in ("inference", "training")
        }
        yield rows.pop(part.name).flat() | timings
    if rows:
        raise RuntimeError(f"counted, but not timed: {', '.join(rows)}")


def main(dataset: str, width: str) -> None:
    """Time the networks of one data set's shape and one width."""
    settings = params.load()
    train, entry = settings.train, settings.catalogue[dataset]
    device.configure(train)
    environment = device.provenance(train)
    if files.read_json(layout.MACHINE) != environment:
        raise Problem(
            f"{layout.MACHINE} is of another machine or another installation than this one:"
            " 'dvc repro --force --single-item machine' writes it anew"
        )

    def say(what: str, text: str = "") -> None:
        if sys.stderr.isatty():
            print(f"\r{f'{what} {text}':<70}", end="", file=sys.stderr, flush=True)

    classes, dtype = len(entry.classes), device.precision(train).removeprefix("mixed_")
    pixels, labels = workloads.random_batch(entry.shape, classes, train.batch_size)
    turned = pixels.transpose(0, 3, 1, 2) if train.data_format == "channels_first" else pixels
    images, one_hot = tf.constant(turned), tf.constant(labels)
    say("what the machine reaches")
    with device.memory_named(f"lower train.batch_size ({train.batch_size})"):
        reached = ceilings.measure(dtype, settings.benchmark.round_seconds)
        models = {
            name: compiled(settings, layout.Arm(dataset, width, name, "0"), np.zeros(1))
            for name in settings.architectures
        }
        calls = {"input": input_call(settings, pixels, classes)} | {
            f"{name} {step}": call
            for name, model in models.items()
            for step, call in steps(model, images, one_hot).items()
        }
        times = interleaved(calls, settings.benchmark, partial(say, "whole steps,"))
        timed = {name: summary(values) for name, values in times.items()}
        found: dict[str, dict[str, Any]] = {}
        known: Known = {}
        for name, model in models.items():
            saying = partial(say, f"layers of {name},")
            rows = list(layers(model, images, settings, reached["call_seconds"], known, saying))
            gc.collect()
            own = {
                step.removeprefix(f"{name} "): timing for step, timing in timed.items() if step.startswith(f"{name} ")
            }
            found[name] = own | {"layers": rows}
        reached = ceilings.better(reached, ceilings.measure(dtype, settings.benchmark.round_seconds))
    say("")
    noisy = {
        f"{name} {step}": round(spread(each[step]), 3)
        for name, each in found.items()
        for step in WHOLE
        if spread(each[step]) > NOISY
    }
    value = {
        "convention": CONVENTION,
        "environment": environment,
        "batch_size": train.batch_size,
        "rounds": settings.benchmark.rounds,
        "round_seconds": settings.benchmark.round_seconds,
        "noisy": noisy,
        "machine": reached,
        "input": timed["input"],
        "architectures": found,
    }
    files.write_json(layout.benchmark(dataset, width), value)
    for name, each in found.items():
        step = each["training_step"]
        print(
            f"{name}: training step {1e3 * step['median']:.2f} ms ({1e3 * step['low']:.2f} to {1e3 * step['high']:.2f})"
        )
    if noisy:
        print(f"noisy: {', '.join(noisy)} differed by more than {NOISY:.0%} between rounds")


if __name__ == "__main__":
    run(main)
