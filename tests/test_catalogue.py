from typing import Any

import pytest

from conftest import PROJECT, tiny_experiment
from dscnn import params
from dscnn.catalogue import CifarBinary, Idx
from dscnn.stage import Problem

CATALOGUE = params.load(PROJECT / "presets/quick.yaml").catalogue


@pytest.mark.parametrize("name", CATALOGUE)
def test_shipped_entries_agree_with_what_is_published(name: str) -> None:
    """Known numbers of classes and images; classes in the order of their labels, alphabetical where that is so."""
    entry = CATALOGUE[name]
    assert len(entry.classes) == {"cifar100": 100, "cifar100_coarse": 20}.get(name, 10)
    if name.startswith("cifar100"):
        assert list(entry.classes) == sorted(entry.classes)
    if isinstance(entry, (Idx, CifarBinary)):
        assert tuple(count for _, count in entry.images) == (50000 if "cifar" in name else 60000, 10000)
        assert entry.shape == ((32, 32, 3) if "cifar" in name else (28, 28, 1))


def test_checksums_are_not_copied_from_a_neighbour() -> None:
    """Each file has its own, but for the two readings of CIFAR-100."""
    sums = [file.sha256 for name, entry in CATALOGUE.items() if name != "cifar100_coarse" for _, file in entry.files]
    assert len(set(sums)) == len(sums) == 15


FOLDER: dict[str, Any] = {
    "format": "image_folder",
    "shape": [8, 8, 3],
    "classes": ["a", "b"],
    "images": {"train": "train", "test": "test"},
    "addresses": [],
    "files": {},
}
ARCHIVE = {"archive": {"name": "x.zip", "bytes": 1, "sha256": "0" * 64}}


def check(archives: dict[str, Any], folders: dict[str, str], **changed: Any) -> params.Params:
    tiny = tiny_experiment(archives)
    tiny["datasets"], tiny["folders"] = ["own"], folders
    tiny["catalogue"]["own"] = FOLDER | changed
    return params.check(tiny)


def test_images_of_ones_own(archives: dict[str, Any]) -> None:
    """From a folder or an archive, with splits of their own or drawn ones."""
    check(archives, {"own": "../photos"})
    check(archives, {"own": "../photos"}, images={"test": 0.2, "seed": 0})
    check(archives, {}, addresses=["/somewhere"], files=ARCHIVE)


@pytest.mark.parametrize(
    ("folders", "changed", "said"),
    [
        ({}, {}, "folders.own: should say where the images lie"),
        ({"own": "x"}, {"addresses": ["y"], "files": ARCHIVE}, "folders.own: should go"),
        ({"stripes": "x", "own": "x"}, {}, "folders: 'stripes' is no data set of format image_folder"),
        ({"other": "x", "own": "x"}, {}, "folders: 'other' is no data set of format image_folder"),
        ({"own": ""}, {}, "folders.own: "),
        ({"own": "x"}, {"addresses": ["y"]}, "addresses and files.archive come together"),
        ({"own": "x"}, {"files": ARCHIVE}, "addresses and files.archive come together"),
        ({"own": "x"}, {"images": {"train": "a", "test": "a"}}, "one folder cannot be both"),
        ({"own": "x"}, {"images": {"test": 1.5, "seed": 0}}, "catalogue.own.images"),
        ({"own": "x"}, {"images": {"train": 10, "test": "test"}}, "catalogue.own.images"),
        ({"own": "x"}, {"images": 5}, "catalogue.own.images"),
        ({"own": "x"}, {"files": {"archive": ARCHIVE["archive"] | {"name": "my photos.zip"}}}, "files.archive.name: "),
        ({"own": "x"}, {"classes": ["a"]}, "catalogue.own.classes"),
    ],
)
def test_what_does_not_fit_together_is_said(
    archives: dict[str, Any], folders: dict[str, str], changed: dict[str, Any], said: str
) -> None:
    """With the key."""
    with pytest.raises(Problem) as problem:
        check(archives, folders, **changed)
    assert said in str(problem.value)
    assert len(str(problem.value).splitlines()) == 2, "one fault, one line"


def test_a_number_of_images_has_a_bound(archives: dict[str, Any]) -> None:
    """A slip of the finger would ask for terabytes."""
    tiny = tiny_experiment(archives)
    tiny["catalogue"]["stripes"]["images"]["train"] = 10**12
    with pytest.raises(Problem, match=r"catalogue\.stripes\.images\.train"):
        params.check(tiny)
