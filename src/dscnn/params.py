"""params.yaml as frozen, typed values; the only reader of the file, and the pipeline's first stage.

It holds shapes and checks: no default and no derived value, so that an edit here cannot change what
a stage computes from the same params.yaml. That is why it is not among the stages' deps in dvc.yaml.
"""

import difflib
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dscnn import faults, files, layout
from dscnn.stage import Problem, run

PATH = Path("params.yaml")

T = TypeVar("T", bound=Hashable)


def _distinct(values: tuple[T, ...]) -> tuple[T, ...]:
    repeated = [value for i, value in enumerate(values) if value in values[:i]]
    if repeated:
        raise ValueError(f"{repeated[0]!r} is repeated; each may stand once")
    return values


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]  # it becomes a folder and part of a stage's name
Positive = Annotated[int, Field(gt=0)]
Natural = Annotated[int, Field(ge=0, lt=2**32)]
Rate = Annotated[float, Field(ge=0, lt=1)]
Share = Annotated[float, Field(gt=0, lt=1)]
Width = Annotated[int | float, Field(gt=0, le=16)]
Kind = Literal["conv", "separable"]
Kinds = Annotated[tuple[Kind, Kind], Strict(False)]
Shape = Annotated[tuple[Positive, Positive, Literal[1, 3]], Strict(False)]
Positives = Annotated[tuple[Positive, ...], Strict(False)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Section(BaseModel):
    """A mapping of params.yaml: every key required, none unknown, no value converted."""

    model_config = ConfigDict(strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _knows_its_keys(cls, value: object) -> object:
        known = list(cls.model_fields)
        for key in value if isinstance(value, Mapping) else ():
            if key not in known:
                close = difflib.get_close_matches(str(key), known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
                raise ValueError(f"unknown key {key!r}; {hint}")
        return value


class File(Section):
    """A file of a data set: its name, there and in data/raw, its size and its checksum."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    bytes: Positive
    sha256: Sha256


class Images(Section):
    """How many images each split of the data set as published holds."""

    train: Positive
    test: Positive


class _Dataset(Section):
    shape: Shape  # height, width, channels
    classes: Annotated[tuple[str, ...], Strict(False), Field(min_length=2, max_length=256), AfterValidator(_distinct)]
    images: Images
    addresses: Annotated[tuple[str, ...], Strict(False), Field(min_length=1), AfterValidator(_distinct)]  # best first


class BundledImages(Images):
    """The test images are drawn by `seed`, class by class."""

    seed: Natural


class BundledFiles(Section):
    table: File


class Bundled(_Dataset):
    """Images in one gzip-compressed table, without a test split of its own."""

    format: Literal["bundled"]
    images: BundledImages
    files: BundledFiles


class IdxFiles(Section):
    train_images: File
    train_labels: File
    test_images: File
    test_labels: File


class Idx(_Dataset):
    """Four gzip-compressed IDX files, as MNIST is published."""

    format: Literal["idx"]
    files: IdxFiles


class CifarFiles(Section):
    archive: File


class CifarBinary(_Dataset):
    """One tar.gz of fixed-length records, as the binary version of CIFAR-10 is published."""

    format: Literal["cifar_binary"]
    files: CifarFiles


Dataset = Annotated[Bundled | Idx | CifarBinary, Field(discriminator="format")]


class Network(Section):
    """The topology that all architectures share."""

    filters: Annotated[Positives, Field(min_length=1)]
    kernel: Positive
    conv_dropout: Rate
    block_dropout: Rate
    norm_momentum: Rate
    dense: Positives
    dense_dropout: Rate


class Train(Section):
    """How each arm is trained."""

    epochs: Positive
    batch_size: Positive
    optimizer: Literal["adam"]
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"]
    device: Literal["auto", "cpu", "gpu"]
    threads: Positive
    data_format: Literal["channels_last", "channels_first"]
    validation: Literal["test"] | Share
    validation_seed: Natural


class Params(Section):
    """The whole experiment."""

    datasets: Annotated[tuple[str, ...], Strict(False), Field(min_length=1), AfterValidator(_distinct)]
    architectures: Annotated[dict[Name, Kinds], Field(min_length=1)]
    widths: Annotated[tuple[Width, ...], Strict(False), Field(min_length=1), AfterValidator(_distinct)]
    seeds: Annotated[tuple[Natural, ...], Strict(False), Field(min_length=1), AfterValidator(_distinct)]
    network: Network
    train: Train
    catalogue: Annotated[dict[Name, Dataset], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_together(self) -> "Params":
        for name in self.datasets:
            if name not in self.catalogue:
                raise ValueError(f"datasets: {name!r} is not in the catalogue, which has {', '.join(self.catalogue)}")
            side, poolings = min(self.catalogue[name].shape[:2]), len(self.network.filters)
            if side < 2**poolings:
                raise ValueError(
                    f"catalogue.{name}.shape: {side} pixels are too few for the {poolings} poolings of"
                    f" network.filters, which halve them each; at least {2**poolings} are needed"
                )
            share, entry = self.train.validation, self.catalogue[name]
            if isinstance(share, float) and round(share * entry.images.train / len(entry.classes)) < 1:
                raise ValueError(
                    f"train.validation: {share:g} of the {entry.images.train} training images of {name} is less than"
                    f" one of each of its {len(entry.classes)} classes"
                )
        for names, key in ((self.architectures, "architectures"), (self.catalogue, "catalogue")):
            if len({name.lower() for name in names}) < len(names):
                raise ValueError(f"{key}: two names differ in upper and lower case only, and would share their files")
        for width in self.widths:
            for filters in self.network.filters:
                if round(filters * width) < 1:
                    raise ValueError(
                        f"widths: {width} leaves no filter of the {filters} in network.filters;"
                        f" {1 / min(self.network.filters):.4g} keeps one"
                    )
        return self


def check(source: object) -> Params:
    """Return the experiment that `source`, the content of a params.yaml, describes.

    Raises `Problem` with a line for each fault: its dotted key, the value and what is allowed.
    """
    try:
        return Params.model_validate(source)
    except ValidationError as error:
        raise Problem("\n  ".join([f"{PATH}:", *faults.lines(error, source)])) from None


def load(path: Path = PATH) -> Params:
    """Return the checked content of `path`, read with DVC's own YAML parser so that both see the same values."""
    try:
        return check(YAML(typ="safe", pure=True).load(path))
    except FileNotFoundError:
        raise Problem(f"{path} is missing: 'make preset NAME=quick' writes one") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise Problem(f"{path} is not YAML: {error}") from None


def main() -> None:
    """Check params.yaml before any other stage runs."""
    params = load()
    arms = len(params.datasets) * len(params.widths) * len(params.architectures) * len(params.seeds)
    print(f"{PATH}: {arms} arms ({len(params.architectures)} architectures, {len(params.seeds)} seeds)")
    files.write_text(layout.PARAMS_CHECKED, "checked\n")


if __name__ == "__main__":
    run(main)
