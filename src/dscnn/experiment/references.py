"""references/NAME.yaml: train times that others published, and what they trained, as frozen, typed values."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from dscnn.core.schema import Name, Positive, Quantity, Section, Shape
from dscnn.experiment import checks, yaml_file
from dscnn.experiment.params import Kinds, Network, Precision

FOLDER = Path("references")
EXAMPLE = "references/notebook2022.yaml shows it"


class DataSheet(Section):
    """A machine by the numbers of its data sheet."""

    matrix_tflops: Quantity
    vector_tflops: Quantity
    gigabytes_per_second: Quantity


class Reference(Section):
    """A published experiment."""

    source: Annotated[str, Field(min_length=1)]
    shape: Shape
    classes: Positive
    images: Positive
    epochs: Positive
    batch_size: Positive
    precision: Precision
    network: Network
    architectures: Annotated[dict[Name, Kinds], Field(min_length=1)]
    train_seconds: dict[Name, Quantity]
    machines: Annotated[dict[Name, DataSheet], Field(min_length=1)]


_REFERENCE: TypeAdapter[Reference] = TypeAdapter(Reference)


def path(name: str) -> Path:
    return FOLDER / f"{name}.yaml"


def check(source: object, file: Path) -> Reference:
    """Return the reference that `source`, the content of `file`, describes; raises `Problem` with all errors."""
    found = yaml_file.check(source, _REFERENCE, file, EXAMPLE)
    errors = [*checks.pooling(found.network, found.shape, "shape")]
    errors += checks.channels(found.network, found.architectures, 1, found.shape, "these images")
    if list(found.train_seconds) != list(found.architectures):
        errors.append("train_seconds: should have the same names as architectures, in their order")
    if errors:
        raise yaml_file.problem(file, errors)
    return found


def load(name: str) -> Reference:
    """Return the content of references/`name`.yaml; see `check`."""
    known = ", ".join(sorted(each.stem for each in FOLDER.glob("*.yaml"))) or "no file"
    return check(yaml_file.read(path(name), f"`references` in params.yaml names it, {FOLDER}/ has {known}"), path(name))
