from pathlib import Path
from typing import Any

import pytest

import tiny
from dscnn.core.stage import Problem
from dscnn.data import entry
from dscnn.experiment import datasets


def test_the_folders_of_a_data_set_are_those_of_the_documentation() -> None:
    """Users and DVC rely on these names."""
    assert entry.raw("mnist") == Path("data/raw/mnist")
    assert entry.fetched("mnist") == Path("data/raw/mnist/fetched")
    assert entry.packed("own") == Path("data/raw/own/packed/images.tar")


@pytest.mark.parametrize("name", ["train-images.gz", "t10k_1.bin", "0"])
def test_a_file_has_a_plain_name(name: str) -> None:
    """Letters, digits, dots, dashes and underscores make a name."""
    assert entry.File(name=name, bytes=1, sha256="0" * 64).name == name


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "../x"),
        ("name", "a/b"),
        ("name", ".hidden"),
        ("name", "my photos.zip"),
        ("name", ""),
        ("bytes", 0),
        ("bytes", 2**50),
        ("bytes", 1.5),
        ("sha256", "0" * 63),
        ("sha256", "G" * 64),
    ],
)
def test_a_file_that_cannot_be_is_refused(archives: dict[str, Any], key: str, value: object) -> None:
    """A name leads nowhere else, a size is plausible, and a checksum has 64 digits."""
    source = tiny.datasets(archives)
    source["stripes"]["files"]["train_images"][key] = value
    with pytest.raises(Problem, match=rf"stripes\.files\.train_images\.{key}: "):
        datasets.check(source)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"images": {"train": 10**12, "test": 1}}, "stripes.images.train: "),
        ({"images": {"train": 1, "test": 0}}, "stripes.images.test: "),
        ({"classes": ["a"]}, "stripes.classes: "),
        ({"classes": [str(i) for i in range(257)]}, "stripes.classes: "),
        ({"addresses": []}, "stripes.addresses: "),
        ({"addresses": ["/a", "/a"]}, "stripes.addresses: '/a' is repeated"),
        ({"shape": [0, 8, 1]}, "stripes.shape[0]: "),
        ({"shape": [8, 1025, 1]}, "stripes.shape[1]: "),
    ],
)
def test_an_entry_that_cannot_be_is_refused(archives: dict[str, Any], changed: dict[str, Any], said: str) -> None:
    """Numbers of images have a bound, because a slip of the finger would ask for terabytes."""
    with pytest.raises(Problem) as problem:
        datasets.check({"stripes": tiny.datasets(archives)["stripes"] | changed})
    _, line = str(problem.value).splitlines()
    assert line.startswith(f"  {said}")
