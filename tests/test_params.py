import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from ruamel.yaml import YAML

from conftest import PROJECT
from dscnn import params
from dscnn.stage import Problem

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


def test_presets_share_one_catalogue() -> None:
    """A data set's address is mended in all of them or in none."""
    catalogues = [YAML(typ="safe").load(path)["catalogue"] for path in PRESETS]
    assert len(PRESETS) >= 4
    assert all(catalogue == catalogues[0] for catalogue in catalogues)


def test_the_reference_preset_is_the_reference_experiment() -> None:
    """Depthwise-separable-CNN, a notebook of 2022: its settings as published."""
    reference = params.load(PROJECT / "presets/cifar10.yaml")
    network, train = reference.network, reference.train
    assert reference.datasets == ("cifar10",)
    assert reference.widths == (1.0,)
    assert (network.filters, network.dense, network.kernel) == ((512, 256, 128), (256, 128, 64), 3)
    assert (network.conv_dropout, network.block_dropout, network.dense_dropout) == (0.35, 0.3, 0.4)
    assert network.norm_momentum == 0.99  # Keras's own
    assert (train.epochs, train.batch_size, train.learning_rate, train.validation) == (150, 256, 0.001, "test")
    assert (train.optimizer, train.precision, train.keep, train.early_stopping) == ("adam", "float32", "last", 0)
    assert reference.recipe.schedule == "constant"
    assert not any(value for name, value in reference.recipe if name != "schedule"), "nothing beyond the notebook's"


FAULTS: list[tuple[str, object, str]] = [
    ("train.epochs", ..., "train.epochs: missing; presets/quick.yaml shows it"),
    ("train", ..., "train: missing"),
    ("train.epoch", 3, "train: unknown key 'epoch'; did you mean epochs?"),
    ("colour", 3, "unknown key 'colour'; known here: datasets, architectures, widths"),
    ("train.epochs", "3", "train.epochs: should be a valid integer, not '3'"),
    ("train.epochs", 3.0, "train.epochs: should be a valid integer, not 3.0"),
    ("train.epochs", True, "train.epochs: should be a valid integer, not True"),
    ("train.epochs", 0, "train.epochs: should be greater than 0, not 0"),
    ("train.learning_rate", -0.1, "train.learning_rate: should be greater than 0, not -0.1"),
    ("train.learning_rate", float("inf"), "train.learning_rate: should be a finite number, not inf"),
    ("train.precision", "float16", "train.precision: should be 'auto', 'float32', 'mixed_bfloat16' or"),
    ("train.threads", "all", "train.threads: should be 'auto', or a valid integer, not 'all'"),
    ("train.threads", 0, "train.threads: should be 'auto', or greater than 0, not 0"),
    ("train.keep", "first", "train.keep: should be 'last' or 'best', not 'first'"),
    ("train.early_stopping", -1, "train.early_stopping: should be greater than or equal to 0, not -1"),
    ("recipe", ..., "recipe: missing; presets/quick.yaml shows it"),
    ("recipe.schedule", "step", "recipe.schedule: should be 'constant', 'cosine' or 'one_cycle', not 'step'"),
    ("recipe.warmup", 1.0, "recipe.warmup: should be less than 1, not 1.0"),
    ("recipe.flip", 1, "recipe.flip: should be a valid boolean, not 1"),
    ("recipe.weight_decay", 0.1, "recipe.weight_decay: adam has none; train.optimizer: adamw"),
    ("recipe.shift", 8, "recipe.shift: 8 leaves nothing of 8 pixels"),
    ("recipe.cutout", 9, "recipe.cutout: 9 leaves nothing of 8 pixels"),
    ("recipe.clip_norm", float("inf"), "recipe.clip_norm: should be a finite number, not inf"),
    ("train.device", "tpu", "train.device: should be 'auto', 'cpu' or 'gpu', not 'tpu'"),
    ("train.validation", "tes", "train.validation: should be 'test', or a valid number, not 'tes'"),
    ("train.validation", 1.0, "train.validation: should be 'test', or less than 1, not 1.0"),
    ("train.validation", 0.01, "train.validation: 0.01 of the 60 training images of stripes is less than one"),
    ("train", 7, "train: should be a mapping of keys to values, not 7"),
    ("datasets", [], "datasets: should have at least 1 entry, not []"),
    ("datasets", "stripes", "datasets: should be a list, not 'stripes'"),
    ("datasets", ["dots"], "datasets: 'dots' is not in the catalogue, which has stripes"),
    ("datasets", ["stripes", "stripes"], "datasets: 'stripes' is repeated; each may stand once"),
    ("architectures", {}, "architectures: should have at least 1 entry, not {}"),
    ("architectures", [["conv", "conv"]], "architectures: should be a mapping of keys to values"),
    (
        "architectures.Regular",
        ["conv", "dense"],
        "architectures.Regular[1]: should be 'conv', 'separable', 'blueprint', 'grouped', 'bottleneck' or 'depthwise'",
    ),
    ("deploy", [3], "deploy: 3 is none of the seeds 1"),
    ("benchmark.rounds", 1, "benchmark.rounds: should be greater than or equal to 2, not 1"),
    ("published.other.train_seconds", {"Regular": 1.0}, "train_seconds: should have the same names as architectures"),
    ("published.other.machines.slow.matrix_tflops", 0.0, "matrix_tflops: should be greater than 0, not 0.0"),
    ("architectures.Regular", ["conv"], "architectures.Regular[1]: missing"),
    ("architectures.Regular", ["conv"] * 3, "architectures.Regular: should be a list of at most 2"),
    ("architectures.a/b", ["conv", "conv"], "architectures.a/b: should match pattern"),
    ("widths", [], "widths: should have at least 1 entry"),
    ("widths", [0], "widths[0]: should be greater than 0, not 0"),
    ("widths", [0.05], "widths: 0.05 leaves no filter of the 8 in network.filters; 0.125 keeps one"),
    ("widths", [1, 1.0], "widths: 1.0 is repeated"),
    ("seeds", [], "seeds: should have at least 1 entry"),
    ("seeds", [1, 2, 1], "seeds: 1 is repeated"),
    ("seeds", [-1], "seeds[0]: should be greater than or equal to 0, not -1"),
    ("seeds", [1.5], "seeds[0]: should be a valid integer, not 1.5"),
    ("network.filters", [], "network.filters: should have at least 1 entry"),
    ("network.conv_dropout", 1.0, "network.conv_dropout: should be less than 1, not 1.0"),
    ("catalogue.stripes.shape", [7, 8, 1], "catalogue.stripes.shape: 7 pixels are too few for the 3 poolings"),
    ("catalogue.stripes.shape", [8, 8, 2], "catalogue.stripes.shape[2]: should be 1 or 3, not 2"),
    ("catalogue.stripes.shape", [8, 8], "catalogue.stripes.shape[2]: missing"),
    ("catalogue.stripes.classes", ["a", "a"], "catalogue.stripes.classes: 'a' is repeated"),
    ("catalogue.stripes.format", "png", "format 'png' should be one of 'bundled', 'idx', 'cifar_binary'"),
    ("catalogue.stripes.format", ..., "catalogue.stripes: format is missing"),
    ("catalogue.stripes.files.test_images.sha256", "abc", "catalogue.stripes.files.test_images.sha256: should match"),
    ("catalogue.stripes.addresses", [], "catalogue.stripes.addresses: should have at least 1 entry"),
    ("catalogue.stripes", 7, "catalogue.stripes: should be a mapping of keys to values, not 7"),
    ("catalogue.Stripes", {}, "catalogue.Stripes: format is missing"),
    ("architectures.REGULAR", ["conv", "conv"], "architectures: two names differ in upper and lower case only"),
    ("catalogue.stripes.files.test_images.name", "../x", "catalogue.stripes.files.test_images.name: should match"),
]


@pytest.mark.parametrize(("key", "value", "said"), FAULTS)
def test_a_fault_is_named_with_key_value_and_what_is_allowed(
    source: dict[str, Any], key: str, value: object, said: str
) -> None:
    """Every kind of fault, one at a time."""
    with pytest.raises(Problem) as problem:
        params.check(edited(source, key, value))
    assert said in str(problem.value)
    assert len(str(problem.value).splitlines()) == 2


def test_a_depthwise_convolution_cannot_make_any_number_of_channels(source: dict[str, Any]) -> None:
    """8 of one are, and 8 of 8; 4 of 8 or 12 of 8 are not, but they can be second."""
    source["architectures"]["Alone"] = ["depthwise", "depthwise"]
    params.check(source)
    source["network"]["filters"] = [8, 12, 8]
    with pytest.raises(
        Problem, match=r"architectures\.Alone: depthwise cannot make 6 channels of 4, .*first convolution"
    ):
        params.check(source)
    source["architectures"]["Alone"] = ["conv", "depthwise"]
    params.check(source)


def test_all_faults_are_listed_at_once(source: dict[str, Any]) -> None:
    """Nobody mends one line to be told of the next."""
    edited(edited(source, "train.epochs", 0), "network.kernel", "3")
    with pytest.raises(Problem) as problem:
        params.check(source)
    assert str(problem.value).splitlines() == [
        "params.yaml:",
        "  network.kernel: should be a valid integer, not '3'",
        "  train.epochs: should be greater than 0, not 0",
    ]


@pytest.mark.parametrize("content", [None, [], "text", 7])
def test_a_file_of_another_kind_is_a_problem(content: object) -> None:
    """An empty file, a list, a word."""
    with pytest.raises(Problem, match="should be a mapping"):
        params.check(content)


def test_values_keep_their_spelling(source: dict[str, Any]) -> None:
    """A width is written into paths by DVC and by us: 1 stays 1 and 0.5 stays 0.5."""
    assert [str(width) for width in params.check(edited(source, "widths", [1, 0.5])).widths] == ["1", "0.5"]


@pytest.mark.parametrize(
    ("text", "said"),
    [("seeds: [1", "not YAML"), ("seeds: [1]\nseeds: [2]", "not YAML"), ("seeds: \xff", "not YAML")],
)
def test_a_broken_file_is_a_problem(tmp_path: Path, text: str, said: str) -> None:
    """Cut short, a key twice, not text."""
    path = tmp_path / "params.yaml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(Problem, match=said):
        params.load(path)


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    """With the way to get one."""
    with pytest.raises(Problem, match="make preset NAME=quick"):
        params.load(tmp_path / "params.yaml")


def test_numbers_are_read_as_dvc_reads_them(tmp_path: Path, source: dict[str, Any]) -> None:
    """YAML 1.2: 1e-3 is a number, for PyYAML (1.1) it is a word."""
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(source).replace("learning_rate: 0.01", "learning_rate: 1e-3"))
    assert params.load(path).train.learning_rate == 0.001


def test_no_field_has_a_default_or_a_derived_value() -> None:
    """What exempts params.py from the stages' deps: it cannot change a value that params.yaml gives."""
    models = [value for value in vars(params).values() if inspect.isclass(value) and issubclass(value, BaseModel)]
    fields = [field for model in models for field in model.model_fields.values()]
    assert len(fields) > 30
    assert all(field.default is PydanticUndefined and field.default_factory is None for field in fields)
    assert not [name for model in models for name in model.model_computed_fields]


def test_values_are_frozen(settings: params.Params) -> None:
    """Nobody changes the experiment on the way."""
    with pytest.raises(ValueError, match="frozen"):
        settings.train.epochs = 3


def test_main_leaves_its_mark_only_when_all_is_well(folder: Path) -> None:
    """The mark is what the other stages wait for."""
    params.main()
    mark = folder / "data/params.ok"
    assert mark.read_text() == "checked\n"
    mark.unlink()
    (folder / "params.yaml").write_text("seeds: 5")
    with pytest.raises(Problem):
        params.main()
    assert not mark.exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere", "nowhere is no folder"),
        ("~/photos", "~ is not expanded"),
        (".", "holds this project's own files"),
        ("..", "holds this project's own files"),
        ("data/photos", "holds this project's own files"),
    ],
)
def test_a_folder_of_images_is_there_and_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    """DVC would say so less clearly, or follow its own outputs."""
    (tmp_path / "project/data/photos").mkdir(parents=True)
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    params.check_folders({"own": "../photos"})
    with pytest.raises(Problem, match=f"folders.own: {re.escape(name)} .*{said}|{re.escape(said)}"):
        params.check_folders({"own": name})
