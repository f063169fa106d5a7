"""A Python for the pipeline's tests that runs the stages of TensorFlow as stand-ins, and everything else as it is.

    python stand_in.py -m dscnn.stages.train stripes 0.5 Regular 1

What DVC reruns depends on the outputs' bytes, not on how they were computed. A stand-in writes what the real stage
wrote in the first run, kept in ../templates, changed by a hash of what the stage depends on: the same parameters and
inputs give the same bytes, others give other bytes. It takes a tenth of a second where TensorFlow's start takes five.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tiny

TEMPLATES = Path("../templates")


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


def references(reference: str) -> None:
    write(Path("metrics/references", f"{reference}.json"), read(template("metrics/references/other.json")))


def train(dataset: str, width: str, architecture: str, seed: str) -> None:
    data = [Path("data/prepared", dataset, f"{split}.npz").read_bytes() for split in ("train", "validation")]
    facts = digest(*data, SETTINGS.architectures[architecture], SETTINGS.train, SETTINGS.recipe, width, seed)
    source = template("models/stripes/0.5", nearest(architecture))
    weights = Path("models", dataset, width, architecture, f"{seed}.npz")
    weights.parent.mkdir(parents=True, exist_ok=True)
    weights.write_text(facts)
    weights.with_suffix(".history.csv").write_bytes((source / "1.history.csv").read_bytes())
    result = weights.with_suffix(".result.json")
    write(result, read(source / "1.result.json") | {"weights_sha256": facts})
    (reading, *_) = template(".state/times").glob("*.json")
    write(Path(".state/times", f"{hashlib.sha256(result.read_bytes()).hexdigest()}.json"), read(reading))


def evaluate(dataset: str, width: str, architecture: str, seed: str) -> None:
    weights = Path("models", dataset, width, architecture, f"{seed}.npz").read_bytes()
    score = Path("metrics/evaluate", dataset, width, architecture, f"{seed}.json")
    first = template("models/stripes/0.5", nearest(architecture), "1.npz")
    if weights == first.read_bytes():  # restored by DVC's run cache
        for path in (score, score.with_suffix(".csv")):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(
                template("metrics/evaluate/stripes/0.5", nearest(architecture), f"1{path.suffix}").read_bytes()
            )
        return
    facts = hashlib.sha256(weights).hexdigest()
    write(score, {"accuracy": 0.5, "loss": 1 + int(facts[:4], 16) / 2**16, "n": 30})
    score.with_suffix(".csv").write_text(f"image,label\n0,{facts}\n")


def report() -> None:
    """Run the real stage, but take a table's text for its picture."""
    from dscnn.reporting import figures
    from dscnn.stages import report

    figures.figure = lambda table, *_: table.to_csv().encode()
    report.main()


STAGES: dict[str, Callable[..., None]] = {
    f"dscnn.stages.{stage.__name__}": stage for stage in (cost, machine, benchmark, references, train, evaluate, report)
}

if __name__ == "__main__":
    _, dash_m, module, *words = sys.argv
    if dash_m != "-m" or module not in STAGES:
        os.execv(sys.executable, [sys.executable, dash_m, module, *words])
    from dscnn.experiment import params

    SETTINGS = params.load()
    STAGES[module](*words)
