"""A Python for the pipeline's tests that runs the stages of TensorFlow as stand-ins, and everything else as it is.

    python stand_in.py -m dscnn.stages.train stripes 0.5 Regular 1

What DVC reruns depends on the outputs' bytes, not on how they were computed. A stand-in writes what the real stage
wrote in the first run, kept in $TEMPLATES, changed by a hash of what the stage depends on: the same parameters and
inputs give the same bytes, others give other bytes. It takes a tenth of a second where TensorFlow's start takes five.
The stage that $FAILS names, as DVC does, fails; the one that $WAITS names waits until it is stopped. A training takes
$SLOW seconds more, and notes its end in $TEMPLATES/trained.
"""

import hashlib
import json
import os
import runpy
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tiny

TEMPLATES = Path(os.environ["TEMPLATES"])


def template(*parts: str) -> Path:
    return TEMPLATES.joinpath(*parts)


def nearest(architecture: str) -> str:
    return "Regular" if architecture == "Regular" else "Separable"


def digest(*facts: object) -> str:
    return hashlib.sha256(json.dumps([str(fact) for fact in facts]).encode()).hexdigest()


def write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def as_first(architecture: str) -> bool:
    """Whether `architecture` is as it was in the first run."""
    return tiny.PARAMS["architectures"].get(architecture) == list(SETTINGS.architectures[architecture])


def cost(dataset: str, width: str, architecture: str) -> None:
    value = read(template("metrics/cost/stripes/0.5", f"{nearest(architecture)}.json"))
    other = {} if as_first(architecture) else {"stand_in": digest(SETTINGS.architectures[architecture])}
    write(Path("metrics/cost", dataset, width, f"{architecture}.json"), value | other)


def machine() -> None:
    write(Path("data/machine.json"), read(template("data/machine.json")))


def benchmark(dataset: str, width: str) -> None:
    record = read(template("metrics/benchmark/stripes/0.5.json"))
    own = {name: record["architectures"][nearest(name)] for name in SETTINGS.architectures}
    write(Path("metrics/benchmark", dataset, f"{width}.json"), record | {"architectures": own})


def probes(dataset: str, width: str) -> None:
    record = read(template("metrics/probes/stripes/0.5.json"))
    write(Path("metrics/probes", dataset, f"{width}.json"), record | {"rounds": SETTINGS.probes.rounds})


def latency(dataset: str, width: str) -> None:
    record = read(template("metrics/latency/stripes/0.5.json"))
    facts = {"rounds": SETTINGS.benchmark.rounds, "stand_in": digest(SETTINGS.architectures, SETTINGS.deploy)}
    write(Path("metrics/latency", dataset, f"{width}.json"), record | facts)


def breakeven(dataset: str) -> None:
    record = read(template("metrics/breakeven/stripes.json"))
    points = [
        point | {"architectures": {name: point["architectures"][nearest(name)] for name in SETTINGS.architectures}}
        for point in record["points"]
    ]
    own = {"points": points, "rounds": SETTINGS.breakeven.rounds}
    write(Path("metrics/breakeven", f"{dataset}.json"), record | own)


def references() -> None:
    write(Path("metrics/references.json"), read(template("metrics/references.json")))


def train(dataset: str, width: str, architecture: str, seed: str) -> None:
    data = [Path("data/prepared", dataset, f"{split}.npz").read_bytes() for split in ("train", "validation")]
    facts = digest(*data, SETTINGS.architectures[architecture], SETTINGS.train, SETTINGS.recipe, width, seed)
    source = template("metrics/train/stripes/0.5", nearest(architecture), "1")
    weights = Path("models", dataset, width, architecture, f"{seed}.npz")
    weights.parent.mkdir(parents=True, exist_ok=True)
    weights.write_text(facts)
    target = Path("metrics/train", dataset, width, architecture, seed)
    time.sleep(float(os.environ.get("SLOW", "0")))
    with template("trained").open("a") as log:
        log.write(f"{dataset}-{width}-{architecture}-{seed}\n")
    write(target / "result.json", read(source / "result.json") | {"weights_sha256": facts})
    write(target / "timing.json", read(source / "timing.json"))
    (target / "history.csv").write_bytes((source / "history.csv").read_bytes())


def evaluate(dataset: str, width: str, architecture: str, seed: str) -> None:
    weights = Path("models", dataset, width, architecture, f"{seed}.npz").read_bytes()
    score = Path("metrics/evaluate", dataset, width, architecture, f"{seed}.json")
    facts = hashlib.sha256(weights).hexdigest()
    scores = {"brier": 0.5, "calibration_error": 0.1, "n": tiny.TEST, "mirror_accuracy": None}
    write(score, {"accuracy": 0.5, "loss": 1 + int(facts[:4], 16) / 2**16} | scores)
    rows = [f"{image},{image % tiny.CLASSES},{int(facts[image], 16) % tiny.CLASSES}" for image in range(tiny.TEST)]
    score.with_suffix(".csv").write_text("\n".join(["image,label,predicted", *rows, ""]))


def deploy(dataset: str, width: str, architecture: str, seed: str) -> None:
    score = Path("metrics/deploy", dataset, width, architecture, f"{seed}.json")
    write(score, read(template("metrics/deploy/stripes/0.5", nearest(architecture), "1.json")))


def report() -> None:
    """Run the real stage, but take a table's text for its picture, and leave the page without drawings."""
    from dscnn.reporting import page
    from dscnn.reporting.figures import catalogue
    from dscnn.stages import report

    catalogue.png = lambda _, table, *__: table.to_csv().encode()
    page.svgs = lambda *_: ()
    report.main()


MADE = (cost, machine, benchmark, probes, latency, breakeven, references, train, evaluate, deploy, report)
STAGES: dict[str, Callable[..., None]] = {f"dscnn.stages.{stage.__name__}": stage for stage in MADE}

if __name__ == "__main__":
    _, dash_m, module, *words = sys.argv
    stage = os.environ.get("DVC_STAGE", "a command beside the pipeline")
    if stage == os.environ.get("FAILS"):
        sys.exit("error: it was told to fail")
    if stage == os.environ.get("WAITS"):
        time.sleep(600)
    if dash_m != "-m" or module not in STAGES:
        sys.argv = [module, *words]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        from dscnn.experiment import params

        SETTINGS = params.load()
        STAGES[module](*words)
