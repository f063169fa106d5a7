"""params.yaml as frozen, typed values.

Shapes only: no default and no derived value, so that an edit here cannot change what a stage computes from the same
params.yaml. That is why no stage but params depends on this package in dvc.yaml.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, Strict, TypeAdapter

from dscnn.core.schema import Distinct, Name, Natural, Quantity, Rate, Section, Share, Side
from dscnn.experiment import yaml_file

PATH = Path("params.yaml")
CHECKED = Path("data/params.ok")  # the mark of stage params, which the other stages wait for
EXAMPLE = "presets/quick.yaml shows it"

# more than any of these has never been wanted, and no machine could run it
Size = Annotated[int, Field(gt=0, le=2**16)]  # filters or units of a layer
Batch = Annotated[int, Field(gt=0, le=2**20)]
Epochs = Annotated[int, Field(gt=0, le=10**6)]
Rounds = Annotated[int, Field(ge=5, le=10**4)]  # of fewer a bootstrap's 95 % interval is far too narrow
POINTS = 100  # entries of a list that networks are made for

Width = Annotated[int | float, Field(gt=0, le=16)]
Kind = Literal["conv", "separable", "blueprint", "grouped", "bottleneck", "depthwise"]
Kinds = Annotated[tuple[Kind, Kind], Strict(False)]
Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]


class Network(Section):
    """The topology that all architectures share."""

    pixel_mean: Annotated[int | float, Field(ge=0, le=1)]
    pixel_std: Annotated[int | float, Field(gt=0, le=1)]
    filters: Annotated[tuple[Size, ...], Strict(False), Field(min_length=1, max_length=10)]
    kernel: Annotated[int, Field(gt=0, le=63)]
    conv_dropout: Rate
    block_dropout: Rate
    norm_momentum: Rate
    dense: Annotated[tuple[Size, ...], Strict(False), Field(max_length=32)]
    dense_dropout: Rate


class Train(Section):
    """How each arm is trained."""

    epochs: Epochs
    batch_size: Batch
    optimizer: Literal["adam", "adamw", "sgd", "muon"]
    learning_rate: Annotated[Quantity, Field(le=1e30)]
    keep: Literal["last", "best"]
    early_stopping: Annotated[int, Field(ge=0, le=10**6)]


class Recipe(Section):
    """What a training does beyond the reference experiment's; zeros and `constant` are nothing."""

    schedule: Literal["constant", "cosine", "linear"]
    warmup: Rate
    weight_decay: Annotated[float, Field(ge=0, lt=1)]
    label_smoothing: Rate
    global_clipnorm: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    ema_decay: Rate
    shift: Annotated[int, Field(ge=0, le=1024)]
    flip: bool
    cutout: Annotated[int, Field(ge=0, le=1024)]


class Compute(Section):
    """What computes, and in which precision and layout."""

    device: Literal["auto", "cpu", "gpu"]
    precision: Literal["auto"] | Precision
    threads: Literal["auto"] | Annotated[int, Field(gt=0, le=1024)]
    data_format: Literal["channels_last", "channels_first"]


class Comparison(Section):
    """When two accuracies count as alike."""

    margin: Annotated[float, Field(gt=0, le=100)]  # points


class Benchmark(Section):
    """How networks are timed side by side."""

    rounds: Rounds
    round_seconds: Annotated[float, Field(gt=0, le=60)]


class Breakeven(Section):
    """What varies where networks are timed side by side to find from where on one is faster; an axis may be empty."""

    widths: Annotated[tuple[Width, ...], Strict(False), Field(max_length=POINTS), Distinct]
    batch_sizes: Annotated[tuple[Batch, ...], Strict(False), Field(max_length=POINTS), Distinct]
    sides: Annotated[tuple[Side, ...], Strict(False), Field(max_length=POINTS), Distinct]
    width: Width  # of the networks whose batch size or side varies
    precisions: Annotated[tuple[Literal["auto"] | Precision, ...], Strict(False), Field(min_length=1), Distinct]
    rounds: Rounds
    round_seconds: Annotated[float, Field(gt=0, le=60)]


class Probes(Section):
    """How networks in other sizes are timed, from which the times of the experiment's are predicted."""

    sizes: Annotated[int, Field(ge=0, le=8)]  # 0: no prediction
    rounds: Annotated[int, Field(ge=2, le=10**4)]  # nothing has an interval here
    round_seconds: Annotated[float, Field(gt=0, le=60)]


class Params(Section):
    """The whole experiment."""

    datasets: Annotated[tuple[Name, ...], Strict(False), Field(min_length=1, max_length=POINTS), Distinct]
    architectures: Annotated[dict[Name, Kinds], Field(min_length=1, max_length=POINTS)]
    widths: Annotated[tuple[Width, ...], Strict(False), Field(min_length=1, max_length=POINTS), Distinct]
    seeds: Annotated[tuple[Natural, ...], Strict(False), Field(min_length=1, max_length=10**4), Distinct]
    validation: Literal["test"] | Share
    validation_seed: Natural
    network: Network
    train: Train
    recipe: Recipe
    compute: Compute
    comparison: Comparison
    benchmark: Benchmark
    probes: Probes
    breakeven: Breakeven
    deploy: Annotated[tuple[Literal["float32", "int8"], ...], Strict(False), Distinct]  # formats of TensorFlow Lite
    references: Annotated[tuple[Name, ...], Strict(False), Distinct]  # of references/
    live: bool  # changes no result, so no stage tracks it
    folders: dict[Name, Annotated[str, Field(min_length=1)]]  # image folders of the user's own, by data set


_PARAMS: TypeAdapter[Params] = TypeAdapter(Params)


def check(source: object, path: Path = PATH) -> Params:
    """Return the experiment that `source`, the content of a params.yaml, describes.

    Raises `Problem` with a line for each error: its dotted key, the value and what is allowed.
    """
    return yaml_file.check(source, _PARAMS, path, EXAMPLE)


def load(path: Path = PATH) -> Params:
    """Return the content of `path`; see `check`."""
    return check(yaml_file.read(path, "'make preset NAME=quick' writes one"), path)
