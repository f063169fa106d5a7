"""references/NAME.yaml: what others trained, how, and what they published of it, as frozen, typed values.

Keys that params.yaml has too mean what they mean there.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, Strict, TypeAdapter

from dscnn.core.schema import Name, Section, Shape, Share
from dscnn.core.schema import Quantity as AnyQuantity
from dscnn.experiment import checks, yaml_file
from dscnn.experiment.params import Kinds, Network, Precision, Recipe, Train, Width

FOLDER = Path("references")
EXAMPLE = "references/notebook2022.yaml shows it"

Text = Annotated[str, Field(min_length=1)]
Positive = Annotated[int, Field(gt=0, le=10**15)]
Quantity = Annotated[AnyQuantity, Field(le=1e15)]
Accuracy = Annotated[float, Field(ge=0, le=1)]


class DataSheet(Section):
    """A machine by the numbers of its data sheet."""

    matrix_tflops: Quantity
    vector_tflops: Quantity
    gigabytes_per_second: Quantity


class Published(Section):
    """What was published of one network: its size, its cost, its train time, its accuracy on the test split."""

    parameters: Positive
    keras_flops: Quantity  # of one inference of a batch, by the package keras-flops
    train_seconds: Quantity
    accuracy: Accuracy  # at the last epoch
    accuracy_last_ten: Accuracy  # mean of the last ten epochs
    accuracy_best: Accuracy  # at the best epoch


class Reference(Section):
    """A published experiment."""

    source: Text
    remarks: Annotated[tuple[Text, ...], Strict(False)]
    dataset: Name
    shape: Shape
    classes: Annotated[int, Field(ge=2, le=10**5)]
    images: Annotated[int, Field(gt=0, le=10**9)]  # of training
    width: Width
    runs: Positive  # of each network
    seeded: bool
    validation: Literal["test"] | Share
    device: Literal["cpu", "gpu"]
    precision: Precision
    network: Network
    train: Train
    recipe: Recipe
    architectures: Annotated[dict[Name, Kinds], Field(min_length=1, max_length=100)]
    results: dict[Name, Published]
    keras_flops_digit: Quantity  # what the last digit published is worth
    machines: Annotated[dict[Name, DataSheet], Field(min_length=1, max_length=100)]


_REFERENCE: TypeAdapter[Reference] = TypeAdapter(Reference)


def path(name: str) -> Path:
    return FOLDER / f"{name}.yaml"


def check(source: object, file: Path) -> Reference:
    """Return the reference that `source`, the content of `file`, describes; raises `Problem` with all errors."""
    found = yaml_file.check(source, _REFERENCE, file, EXAMPLE)
    errors = [*checks.pooling(found.network, found.shape, "shape")]
    errors += checks.filters(found.network, found.width, "width")
    errors += checks.channels(found.network, found.architectures, found.width, found.shape, "these images")
    if list(found.results) != list(found.architectures):
        errors.append("results: should have the same names as architectures, in their order")
    if errors:
        raise yaml_file.problem(file, errors)
    return found


def load(name: str) -> Reference:
    """Return the content of references/`name`.yaml; see `check`."""
    known = ", ".join(sorted(each.stem for each in FOLDER.glob("*.yaml"))) or "no file"
    return check(yaml_file.read(path(name), f"`references` in params.yaml names it, {FOLDER}/ has {known}"), path(name))
