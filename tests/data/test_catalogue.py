import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import tiny
from dscnn.core.stage import Problem
from dscnn.data import catalogue
from dscnn.data.entry import fetched
from dscnn.data.formats.cifar import Cifar
from dscnn.data.formats.idx import Idx
from dscnn.experiment import datasets

SHIPPED = ("mnist5k", "mnist", "cifar10", "fashion_mnist", "kmnist", "cifar100", "cifar100_coarse")
CATALOGUE = datasets.check(yaml.safe_load((tiny.PROJECT / "datasets.yaml").read_text()))


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_entries_agree_with_what_is_published(name: str) -> None:
    """The numbers of classes and images and the shape are the published ones, and classes are in order."""
    entry = CATALOGUE[name]
    assert len(entry.classes) == {"cifar100": 100, "cifar100_coarse": 20}.get(name, 10)
    if name.startswith("cifar100"):
        assert list(entry.classes) == sorted(entry.classes)
    if isinstance(entry, Idx | Cifar):
        assert tuple(count for _, count in entry.images) == (50000 if "cifar" in name else 60000, 10000)
        assert entry.shape == ((32, 32, 3) if "cifar" in name else (28, 28, 1))


def test_checksums_are_not_copied_from_a_neighbour() -> None:
    """Each shipped file has a checksum of its own, but for the two readings of CIFAR-100."""
    names = (name for name in SHIPPED if name != "cifar100_coarse")
    sums = [file.sha256 for name in names for _, file in CATALOGUE[name].files]
    assert len(set(sums)) == len(sums) == 15


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The entry of the data set `stripes`, whose files are fetched already."""
    monkeypatch.chdir(tmp_path)
    fetched("stripes").mkdir(parents=True)
    return tiny.datasets(tiny.written(tmp_path / fetched("stripes")))["stripes"]


def read(entry: dict[str, Any]) -> Any:
    return catalogue.read("stripes", datasets.check({"stripes": entry})["stripes"])


def test_a_data_set_is_read_by_its_format(here: dict[str, Any]) -> None:
    """The images and labels are those that the files were made of."""
    splits = read(here)
    assert list(splits) == ["train", "test"]
    for data, (images, labels) in zip(splits.values(), (tiny.synthetic(60, 1), tiny.synthetic(30, 2)), strict=True):
        np.testing.assert_array_equal(data.images, images[..., None], strict=True)
        np.testing.assert_array_equal(data.labels, labels, strict=True)


@pytest.mark.parametrize("compressed", [True, False])
def test_a_file_changed_since_it_was_fetched_is_not_read(here: dict[str, Any], compressed: bool) -> None:
    """Each of 100 changed files is refused by its checksum, also when it is a good file in itself."""
    random, path = np.random.default_rng(0), fetched("stripes") / "train-labels.gz"
    content = path.read_bytes()
    plain = gzip.decompress(content)
    said = r"train-labels\.gz: sha256 .* 'dvc repro fetch@stripes' fetches it again"
    for _ in range(100):
        changed = tiny.mutated(content, random) if compressed else gzip.compress(tiny.mutated(plain, random))
        path.write_bytes(changed)
        if changed != content:
            with pytest.raises(Problem, match=said):
                read(here)


def test_a_label_without_a_class_is_a_problem(here: dict[str, Any]) -> None:
    """The labels of the images go up to 2, which two classes do not name."""
    with pytest.raises(Problem, match=r"a label \(train images\) is 2, datasets\.yaml names 2 classes"):
        read(here | {"classes": ["low", "middle"]})


def test_a_label_of_a_table_without_a_class_is_a_problem(here: dict[str, Any]) -> None:
    """A data set without splits is checked as well."""
    content = gzip.compress(b"1,2,3,4,3\n" * 8)
    (fetched("stripes") / "table.csv.gz").write_bytes(content)
    table = {
        "format": "table",
        "shape": [2, 2, 1],
        "images": {"train": 6, "test": 2, "seed": 0},
        "files": {"table": tiny.described("table.csv.gz", content)},
    }
    with pytest.raises(Problem, match=r"a label \(all images\) is 3, datasets\.yaml names 3 classes"):
        read(here | table)
