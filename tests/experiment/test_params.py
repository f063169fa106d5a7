import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import Any, TypeGuard, get_args

import pytest
import yaml
from pydantic import BaseModel

from dscnn import experiment
from dscnn.core.schema import Section
from dscnn.core.stage import Problem
from dscnn.data.entry import Archive, File
from dscnn.data.formats.image_folder import DrawnSplit, FolderSplits, ImageFolder
from dscnn.data.formats.table import DrawnImages, Table
from dscnn.experiment import datasets, params, references
from tiny import PROJECT

PRESETS = sorted((PROJECT / "presets").glob("*.yaml"))


def edited(source: dict[str, Any], key: str, value: object) -> dict[str, Any]:
    """Set the dotted `key` in `source`; a value of `...` removes it."""
    *way, last = key.split(".")
    node = source
    for part in way:
        node = node[part]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return source


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_every_preset_is_a_valid_experiment(preset: Path) -> None:
    """A whole params file, opening with what it asks."""
    assert params.load(preset).seeds
    first = preset.read_text().splitlines()[0]
    assert first.startswith(f"# {preset.stem}: ")
    assert len(first) > 30


def test_presets_say_the_same_of_the_same_key() -> None:
    """Same keys in the same lines, so that two experiments are compared line by line."""
    keys = [
        [line.partition(":")[0] for line in path.read_text().splitlines() if ":" in line and line[0] != "#"]
        for path in PRESETS
    ]
    assert len(PRESETS) >= 4
    assert all(each == keys[0] for each in keys)
    assert len(keys[0]) < 65


def test_the_reference_preset_is_the_reference_experiment() -> None:
    """Depthwise-separable-CNN, a notebook of 2022: its settings as published."""
    reference = params.load(PROJECT / "presets/cifar10.yaml")
    network, train = reference.network, reference.train
    assert reference.datasets == ("cifar10",)
    assert reference.widths == (1.0,)
    assert (network.filters, network.dense, network.kernel) == ((512, 256, 128), (256, 128, 64), 3)
    assert (network.conv_dropout, network.block_dropout, network.dense_dropout) == (0.35, 0.3, 0.4)
    assert (network.pixel_mean, network.pixel_std) == (0, 1)
    assert network.norm_momentum == 0.99  # Keras's own
    assert (train.epochs, train.batch_size, train.learning_rate, reference.validation) == (150, 256, 0.001, "test")
    assert (train.optimizer, train.keep, train.early_stopping) == ("adam", "last", 0)
    assert reference.compute.precision == "float32"
    assert reference.recipe.schedule == "constant"
    assert not any(value for name, value in reference.recipe if name != "schedule"), "nothing beyond the notebook's"


ERRORS: list[tuple[str, object, str]] = [
    ("train.epochs", ..., "train.epochs: missing; presets/quick.yaml shows it"),
    ("train", ..., "train: missing"),
    ("train.epoch", 3, "train: unknown key 'epoch'; did you mean epochs?"),
    ("colour", 3, "unknown key 'colour'; known: datasets, architectures, widths"),
    ("train.epochs", "3", "train.epochs: should be a valid integer, not '3'"),
    ("train.epochs", 3.0, "train.epochs: should be a valid integer, not 3.0"),
    ("train.epochs", True, "train.epochs: should be a valid integer, not True"),
    ("train.epochs", 0, "train.epochs: should be greater than 0, not 0"),
    ("train.learning_rate", -0.1, "train.learning_rate: should be greater than 0, not -0.1"),
    ("train.learning_rate", float("inf"), "train.learning_rate: should be a finite number, not inf"),
    ("train.keep", "first", "train.keep: should be 'last' or 'best', not 'first'"),
    ("train.early_stopping", -1, "train.early_stopping: should be greater than or equal to 0, not -1"),
    ("train", 7, "train: should be a mapping of keys to values, not 7"),
    ("compute.precision", "float16", "compute.precision: should be 'auto', or 'float32', 'mixed_bfloat16' or"),
    ("compute.threads", "all", "compute.threads: should be 'auto', or a valid integer, not 'all'"),
    ("compute.threads", 0, "compute.threads: should be 'auto', or greater than 0, not 0"),
    ("compute.device", "tpu", "compute.device: should be 'auto', 'cpu' or 'gpu', not 'tpu'"),
    ("recipe", ..., "recipe: missing; presets/quick.yaml shows it"),
    ("recipe.schedule", "step", "recipe.schedule: should be 'constant', 'cosine' or 'linear', not 'step'"),
    ("recipe.warmup", 1.0, "recipe.warmup: should be less than 1, not 1.0"),
    ("recipe.flip", 1, "recipe.flip: should be a valid boolean, not 1"),
    ("recipe.global_clipnorm", float("inf"), "recipe.global_clipnorm: should be a finite number, not inf"),
    ("validation", "tes", "validation: should be 'test', or a valid number, not 'tes'"),
    ("validation", 1.0, "validation: should be 'test', or less than 1, not 1.0"),
    ("datasets", [], "datasets: should have at least 1 entry, not []"),
    ("datasets", "stripes", "datasets: should be a list, not 'stripes'"),
    ("datasets", ["stripes", "stripes"], "datasets: 'stripes' is repeated; each may stand once"),
    ("architectures", {}, "architectures: should have at least 1 entry, not {}"),
    ("architectures", [["conv", "conv"]], "architectures: should be a mapping of keys to values"),
    (
        "architectures.Regular",
        ["conv", "dense"],
        "architectures.Regular[1]: should be 'conv', 'separable', 'blueprint', 'grouped', 'bottleneck' or 'depthwise'",
    ),
    ("architectures.Regular", ["conv"], "architectures.Regular[1]: missing"),
    ("architectures.Regular", ["conv"] * 3, "architectures.Regular: should be a list of at most 2"),
    ("architectures.a/b", ["conv", "conv"], "architectures.a/b: should match pattern"),
    ("benchmark.rounds", 4, "benchmark.rounds: should be greater than or equal to 5, not 4"),
    ("breakeven.sides", ..., "breakeven.sides: missing; presets/quick.yaml shows it"),
    ("breakeven.widths", [0], "breakeven.widths[0]: should be greater than 0, not 0"),
    ("breakeven.batch_sizes", [4, 4], "breakeven.batch_sizes: 4 is repeated; each may stand once"),
    ("breakeven.precisions", [], "breakeven.precisions: should have at least 1 entry, not []"),
    ("breakeven.precisions", ["half"], "breakeven.precisions[0]: should be 'auto', or 'float32', 'mixed_bfloat16' or"),
    ("widths", [], "widths: should have at least 1 entry"),
    ("widths", [0], "widths[0]: should be greater than 0, not 0"),
    ("widths", [1, 1.0], "widths: 1.0 is repeated"),
    ("seeds", 5, "seeds: should be a list, not 5"),
    ("seeds", [], "seeds: should have at least 1 entry"),
    ("seeds", [1, 2, 1], "seeds: 1 is repeated"),
    ("seeds", [-1], "seeds[0]: should be greater than or equal to 0, not -1"),
    ("seeds", [1.5], "seeds[0]: should be a valid integer, not 1.5"),
    ("network.filters", [], "network.filters: should have at least 1 entry"),
    ("network.conv_dropout", 1.0, "network.conv_dropout: should be less than 1, not 1.0"),
    ("train.batch_size", 2**63, "train.batch_size: should be less than or equal to 1048576, not 9223372036854775808"),
    ("train.batch_size", 10**30, "train.batch_size: should be less than or equal to 1048576, not 1000000000"),
    ("train.epochs", 10**18, "train.epochs: should be less than or equal to 1000000, not 1000000000000000000"),
    (
        "train.learning_rate",
        1e300,
        "train.learning_rate: should be less than or equal to 1000000000000000000000000000000, not",
    ),
    ("network.filters", [10**400], "network.filters[0]: should be less than or equal to 65536, not 1000000"),
    ("network.filters", [8] * 11, "network.filters: should be a list of at most 10, not [8, 8, 8"),
    ("network.kernel", 10**4, "network.kernel: should be less than or equal to 63, not 10000"),
    ("network.dense", [10**9], "network.dense[0]: should be less than or equal to 65536, not 1000000000"),
    ("network.dense", [8] * 1000, "network.dense: should be a list of at most 32, not [8, 8, 8"),
    ("compute.threads", 10**6, "compute.threads: should be 'auto', or less than or equal to 1024, not 1000000"),
    ("compute.threads", 2**31, "compute.threads: should be 'auto', or less than or equal to 1024, not 2147483648"),
    ("seeds", [*range(100_000)], "seeds: should be a list of at most 10000, not [0, 1, 2"),
    ("widths", [1.0] * 101, "widths: should be a list of at most 100, not [1.0, 1.0"),
    ("benchmark.rounds", 10**9, "benchmark.rounds: should be less than or equal to 10000, not 1000000000"),
    ("folders", {"own": ""}, "folders.own: should have at least 1 character"),
]


@pytest.mark.parametrize(("key", "value", "said"), ERRORS)
def test_an_error_is_named_with_key_value_and_what_is_allowed(
    source: dict[str, Any], key: str, value: object, said: str
) -> None:
    """Every sort of error, one at a time."""
    with pytest.raises(Problem) as problem:
        params.check(edited(source, key, value))
    assert said in str(problem.value)
    assert len(str(problem.value).splitlines()) == 2


def test_all_errors_are_listed_at_once(source: dict[str, Any]) -> None:
    """Nobody mends one line to be told of the next."""
    edited(edited(source, "train.epochs", 0), "network.kernel", "3")
    with pytest.raises(Problem) as problem:
        params.check(source)
    assert str(problem.value).splitlines() == [
        "params.yaml:",
        "  network.kernel: should be a valid integer, not '3'",
        "  train.epochs: should be greater than 0, not 0",
    ]


def test_values_keep_their_spelling(source: dict[str, Any]) -> None:
    """A width is written into paths by DVC and by us: 1 stays 1 and 0.5 stays 0.5."""
    assert [str(width) for width in params.check(edited(source, "widths", [1, 0.5])).widths] == ["1", "0.5"]


def test_numbers_are_read_as_dvc_reads_them(tmp_path: Path, source: dict[str, Any]) -> None:
    """YAML 1.2: 1e-3 is a number, for PyYAML (1.1) it is a word."""
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(source).replace("learning_rate: 0.01", "learning_rate: 1e-3"))
    assert params.load(path).train.learning_rate == 0.001


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    """With the way to get one."""
    with pytest.raises(Problem, match="make preset NAME=quick"):
        params.load(tmp_path / "params.yaml")


def sections(kind: object) -> set[type[BaseModel]]:
    """Return the sections that a value of the type `kind` is made of, however deep they lie."""
    if not is_section(kind):
        return set().union(*map(sections, get_args(kind)))
    return {kind}.union(*(sections(field.annotation) for field in kind.model_fields.values()))


def is_section(value: object) -> TypeGuard[type[BaseModel]]:
    return inspect.isclass(value) and issubclass(value, BaseModel)


@pytest.mark.parametrize(
    ("kind", "some"),
    [
        (params.Params, {params.Params, params.Breakeven}),
        (references.Reference, {references.Published, references.DataSheet, params.Train}),
        (datasets.Catalogue, {Table, DrawnImages, ImageFolder, FolderSplits, DrawnSplit, Archive, File}),
    ],
    ids=["params.yaml", "references/", "datasets.yaml"],
)
def test_no_field_has_a_default_or_a_derived_value(kind: object, some: set[type[BaseModel]]) -> None:
    """What exempts the package from the stages' deps: it cannot change a value that these files give."""
    found = sections(kind)
    assert some <= found
    for section in found:
        for name, field in section.model_fields.items():
            assert field.is_required(), f"{section.__name__}.{name}"
        assert not section.model_computed_fields


def test_no_section_is_of_another_file() -> None:
    """All that the package names are found from its three files, so the rule holds for each."""
    modules = [importlib.import_module(f"{experiment.__name__}.{found.name}")
               for found in pkgutil.iter_modules(experiment.__path__)]  # fmt: skip
    named = {value for module in modules for value in vars(module).values() if is_section(value)}
    assert len(named) > 10
    assert named - {Section} <= sections(params.Params | references.Reference | datasets.Catalogue)


def test_values_are_frozen(settings: params.Params) -> None:
    """Nobody changes the experiment on the way."""
    with pytest.raises(ValueError, match="frozen"):
        settings.train.epochs = 3
