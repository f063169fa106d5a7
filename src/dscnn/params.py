"""params.yaml as frozen, typed values; the only reader of the file, and the pipeline's first stage.

It holds shapes and checks: no default and no derived value, so that an edit here cannot change what
a stage computes from the same params.yaml. That is why it is not among the stages' deps in dvc.yaml.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, Strict, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dscnn import faults, files, layout
from dscnn.catalogue import Dataset, ImageFolder, NoFiles
from dscnn.sections import Distinct, Name, Natural, Positive, Positives, Rate, Section, Shape, Share
from dscnn.stage import Problem, run

PATH = Path("params.yaml")

Width = Annotated[int | float, Field(gt=0, le=16)]
Kind = Literal["conv", "separable", "blueprint", "grouped", "bottleneck", "depthwise"]
Kinds = Annotated[tuple[Kind, Kind], Strict(False)]


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
    optimizer: Literal["adam", "adamw", "sgd"]
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    keep: Literal["last", "best"]
    early_stopping: Annotated[int, Field(ge=0)]
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]
    device: Literal["auto", "cpu", "gpu"]
    threads: Literal["auto"] | Positive
    data_format: Literal["channels_last", "channels_first"]
    validation: Literal["test"] | Share
    validation_seed: Natural


class Recipe(Section):
    """What a training does beyond the reference experiment's; zeros and `constant` are nothing."""

    schedule: Literal["constant", "cosine", "one_cycle"]
    warmup: Rate
    weight_decay: Annotated[float, Field(ge=0, lt=1)]
    label_smoothing: Rate
    clip_norm: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    average: Rate
    shift: Annotated[int, Field(ge=0)]
    flip: bool
    cutout: Annotated[int, Field(ge=0)]


def _pools(network: Network, shape: tuple[int, int, int], key: str) -> None:
    """Raise unless the images are large enough to be halved after each block."""
    side, poolings = min(shape[:2]), len(network.filters)
    if side < 2**poolings:
        raise ValueError(
            f"{key}: {side} pixels are too few for the {poolings} poolings of network.filters, which halve them each;"
            f" at least {2**poolings} are needed"
        )


def _channels_fit(
    network: Network, architectures: Mapping[str, Kinds], width: float, shape: tuple[int, int, int], what: str
) -> None:
    """Raise unless each depthwise convolution makes a whole number of channels of each."""
    channels: int = shape[2]
    for number, filters in enumerate((round(filters * width) for filters in network.filters), 1):
        for architecture, (first, _) in architectures.items():
            if first == "depthwise" and filters % channels:
                raise ValueError(
                    f"architectures.{architecture}: depthwise cannot make {filters} channels of {channels}, as it would"
                    f" have to in the first convolution of block {number} for {what}; it fits as second"
                )
        channels = filters


class Benchmark(Section):
    """How networks are timed side by side."""

    rounds: Annotated[int, Field(ge=2)]
    round_seconds: Annotated[float, Field(gt=0, le=60)]


class Machine(Section):
    """A machine by the numbers of its data sheet."""

    matrix_tflops: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    vector_tflops: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    gigabytes_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Published(Section):
    """Train times that others published, and what they trained."""

    source: Annotated[str, Field(min_length=1)]
    shape: Shape
    classes: Positive
    images: Positive
    epochs: Positive
    batch_size: Positive
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"]
    network: Network
    architectures: Annotated[dict[Name, Kinds], Field(min_length=1)]
    train_seconds: dict[Name, Annotated[float, Field(gt=0, allow_inf_nan=False)]]
    machines: Annotated[dict[Name, Machine], Field(min_length=1)]

    @model_validator(mode="after")
    def _one_time_each(self) -> "Published":
        if list(self.train_seconds) != list(self.architectures):
            raise ValueError("train_seconds: should have the same names as architectures, in their order")
        _pools(self.network, self.shape, "shape")
        _channels_fit(self.network, self.architectures, 1, self.shape, "these images")
        return self


class Params(Section):
    """The whole experiment."""

    datasets: Annotated[tuple[str, ...], Strict(False), Field(min_length=1), Distinct]
    architectures: Annotated[dict[Name, Kinds], Field(min_length=1)]
    widths: Annotated[tuple[Width, ...], Strict(False), Field(min_length=1), Distinct]
    seeds: Annotated[tuple[Natural, ...], Strict(False), Field(min_length=1), Distinct]
    network: Network
    train: Train
    recipe: Recipe
    benchmark: Benchmark
    deploy: Annotated[tuple[Natural, ...], Strict(False), Distinct]  # seeds whose networks are converted to TFLite
    published: dict[Name, Published]
    folders: dict[Name, Annotated[str, Field(min_length=1)]]  # image folders of the user's own, by data set
    catalogue: Annotated[dict[Name, Dataset], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_together(self) -> "Params":
        for name in self.datasets:
            if name not in self.catalogue:
                raise ValueError(f"datasets: {name!r} is not in the catalogue, which has {', '.join(self.catalogue)}")
            _pools(self.network, self.catalogue[name].shape, f"catalogue.{name}.shape")
            side = min(self.catalogue[name].shape[:2])
            for key in ("shift", "cutout"):
                if getattr(self.recipe, key) >= side:
                    raise ValueError(f"recipe.{key}: {getattr(self.recipe, key)} leaves nothing of {side} pixels")
            self._fits_its_images(name)
            for width in self.widths:
                _channels_fit(
                    self.network, self.architectures, width, self.catalogue[name].shape, f"{name} at width {width}"
                )
        for seed in self.deploy:
            if seed not in self.seeds:
                raise ValueError(f"deploy: {seed} is none of the seeds {', '.join(map(str, self.seeds))}")
        if self.train.optimizer == "adam" and self.recipe.weight_decay:
            raise ValueError("recipe.weight_decay: adam has none; train.optimizer: adamw is adam with weight decay")
        for name in self.folders:
            if not isinstance(self.catalogue.get(name), ImageFolder):
                raise ValueError(f"folders: {name!r} is no data set of format image_folder in the catalogue")
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

    def _fits_its_images(self, name: str) -> None:
        share, entry = self.train.validation, self.catalogue[name]
        if isinstance(entry, ImageFolder):
            if isinstance(entry.files, NoFiles) != (name in self.folders):
                raise ValueError(
                    f"folders.{name}: should say where the images lie, since catalogue.{name}.files is empty"
                    if name not in self.folders
                    else f"folders.{name}: should go, since catalogue.{name}.files names an archive of the images"
                )
        elif isinstance(share, float) and round(share * entry.images.train / len(entry.classes)) < 1:
            raise ValueError(
                f"train.validation: {share:g} of the {entry.images.train} training images of {name} is less than"
                f" one of each of its {len(entry.classes)} classes"
            )


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


def check_folders(folders: Mapping[str, str]) -> None:
    """Raise `Problem` if one of the user's own folders of images is not there, or is not apart from this project."""
    here = Path.cwd()
    for name, folder in folders.items():
        path = Path(folder).resolve()
        if not path.is_dir():
            hint = "; ~ is not expanded" if folder.startswith("~") else ""
            raise Problem(f"{PATH}:\n  folders.{name}: {folder} is no folder{hint}")
        if here.is_relative_to(path) or path.is_relative_to(here / "data"):
            raise Problem(f"{PATH}:\n  folders.{name}: {folder} holds this project's own files; images lie apart")


def main() -> None:
    """Check params.yaml before any other stage runs."""
    params = load()
    check_folders(params.folders)
    arms = len(params.datasets) * len(params.widths) * len(params.architectures) * len(params.seeds)
    print(f"{PATH}: {arms} arms ({len(params.architectures)} architectures, {len(params.seeds)} seeds)")
    files.write_text(layout.PARAMS_CHECKED, "checked\n")


if __name__ == "__main__":
    run(main)
