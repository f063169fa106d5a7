"""`make bench`: training speed side by side: the plain way in Keras, this project's way, and PyTorch's if installed.

Each way has a process of its own, which makes all architectures; rounds are interleaved, so that a machine that
slows down or speeds up does so for all. Prints a table and writes it to results/bench.md.
"""

import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
from contextlib import ExitStack
from operator import truediv
from pathlib import Path
from typing import Any, Self

from dscnn.core import files
from dscnn.core.stage import Problem, run
from dscnn.experiment import params
from dscnn.reporting import text
from dscnn.tools.bench_worker import PRESET, bfloat16

SETTINGS = Path(__file__).parents[2] / "memory.sh"  # what src/stage asks of the C library
RECORD = Path("results/bench.md")
WAYS = {
    "plain": "Keras as its guides have it: fit, float32, Keras's layers, tf.data from arrays, TensorFlow's settings",
    "plain-untuned": "the same without tf.data's tuning, whose thread the end of an epoch waits for",
    "dscnn": "this project: precision and threads auto, fused operations, batches and settings as stage train has them",
    "torch": "PyTorch, eager, float32, the same layers, channels last",
    "torch-compiled": "the same, compiled (torch.compile)",
    "torch-bfloat16": "eager, in autocast to bfloat16",
    "torch-compiled-bfloat16": "compiled, in autocast to bfloat16",
}
BASES = ("plain", "plain-untuned")
ROUNDS, IMAGES = 5, 2048
WIDEST = 16  # as in params.yaml


def ways() -> list[str]:
    """Return the ways that can be had here: PyTorch's if it is installed, and bfloat16 if the processor has it."""
    torch = importlib.util.find_spec("torch")
    compiler = shutil.which(os.environ.get("CXX", "g++"))  # for torch.compile
    return [
        way
        for way in WAYS
        if not way.startswith("torch")
        or (torch and (compiler or "compiled" not in way) and (bfloat16() or "bfloat16" not in way))
    ]


class Worker:
    """A process that trains one way: asked for an architecture, it answers with seconds."""

    def __init__(self, way: str, width: str) -> None:
        command = [sys.executable, "-m", "dscnn.tools.bench_worker", way, width, str(IMAGES)]
        if way == "dscnn":
            command = ["sh", "-c", '. "$0"; exec "$@"', str(SETTINGS), *command]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.way = way

    def __enter__(self) -> Self:
        try:
            self.facts = self._answer()
        except Problem:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def seconds(self, architecture: str) -> float:
        """Return the seconds of one epoch."""
        assert self.process.stdin
        self.process.stdin.write(f"{architecture}\n")
        self.process.stdin.flush()
        return float(self._answer()["seconds"])

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise Problem(f"the process that trains the way '{self.way}' ended; its words are above")
        answer: dict[str, Any] = json.loads(line)
        return answer


def table(seconds: dict[str, dict[str, list[float]]], macs: dict[str, int], peak: dict[str, float]) -> str:
    """Return a row for each way and architecture of `seconds[way][architecture]`, an entry a round.

    Images a second are medians; the spread is the interquartile range of the rounds; the ratios to the two plain ways
    are medians of the rounds' own ratios. `peak` is FLOP/s of a matrix multiplication at each way's precision; a
    training step is counted as three forward passes of 2 x `macs`.
    """
    rows = []
    for way, by_architecture in seconds.items():
        for architecture, times in by_architecture.items():
            speeds = [IMAGES / time for time in times]
            low, _, high = statistics.quantiles(speeds, n=4)
            ratios = [f"{statistics.median(map(truediv, seconds[base][architecture], times)):.2f}x" for base in BASES]
            speed = statistics.median(speeds)
            share = 6 * macs[architecture] * speed / peak[way]
            rows.append([way, architecture, f"{speed:,.0f}", f"{low:,.0f} to {high:,.0f}", *ratios, f"{share:.0%}"])
    against = [f"against {base}" for base in BASES]
    header = ["", "architecture", "images/s", "interquartile range", *against, "of the matrix-multiply peak"]
    return text.table(header, rows)


def report(ways: dict[str, dict[str, Any]], width: str, rows: str) -> str:
    """Return the whole record: the table and what it holds for."""
    facts = ways["dscnn"]
    described = "\n".join(f"- {way}: {WAYS[way]}; {about['versions']}" for way, about in ways.items())
    peaks = ", ".join(f"{name} {rate / 1e9:,.0f} GFLOP/s" for name, rate in facts["peaks"].items())
    return f"""# Training speed

Reference network (`{PRESET}`) at width {width}, batch {facts["batch_size"]}, {IMAGES:,} random images of
32 x 32 x 3 an epoch; training steps with shuffling, dropout, Adam and accuracy, without validation. Medians of {ROUNDS}
interleaved rounds by a monotonic clock, after an epoch that is not timed. *Against plain* and *against
plain-untuned* are medians of the ratios of each round, so they need not be ratios of the medians.

{rows}

{described}

Processor {facts["processor"]}, threads {facts["threads"]}, precision of dscnn {facts["precision"]}. Matrix
multiplication of 2048 x 2048, measured in the same run: {peaks}.
"""


def check(width: str) -> None:
    """Raise `Problem` unless `width` is a number that params.yaml could have too."""
    try:
        fits = 0 < float(width) <= WIDEST
    except ValueError:
        fits = False
    if not fits:
        raise Problem(f"WIDTH: {width}, should be a number above 0 and up to {WIDEST}")


def main(width: str) -> None:
    """Time all ways; `width` multiplies the filters."""
    check(width)
    architectures = list(params.load(PRESET).architectures)
    here = ways()
    seconds: dict[str, dict[str, list[float]]] = {way: {name: [] for name in architectures} for way in here}
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(way, width)) for way in here]
        for number in range(ROUNDS):
            print(f"round {number + 1}/{ROUNDS}", flush=True)
            for architecture in architectures:
                for worker in workers:
                    seconds[worker.way][architecture].append(worker.seconds(architecture))
    about = {worker.way: worker.facts for worker in workers}
    peaks = about["dscnn"]["peaks"]
    peak = {way: peaks[facts["multiplies"]] for way, facts in about.items()}
    page = report(about, width, table(seconds, about["dscnn"]["macs"], peak))
    files.write_text(RECORD, page)
    print(page)


if __name__ == "__main__":
    run(main)
