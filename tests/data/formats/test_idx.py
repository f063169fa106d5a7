import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dscnn.core.stage import Problem
from dscnn.data.formats.idx import Idx
from tiny import described, idx, mutated, synthetic

RANDOM = np.random.default_rng(0)
ARRAYS = {
    "train_images": RANDOM.integers(0, 256, (6, 4, 5), np.uint8),
    "train_labels": np.array([0, 1, 2, 2, 1, 0], np.uint8),
    "test_images": RANDOM.integers(0, 256, (2, 4, 5), np.uint8),
    "test_labels": np.array([1, 0], np.uint8),
}
IMAGES = idx(ARRAYS["train_images"])


def written(folder: Path, contents: dict[str, bytes], shape: list[int]) -> Idx:
    """Write the four files to `folder`; return the entry that describes them."""
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    source: dict[str, Any] = {
        "format": "idx",
        "shape": shape,
        "classes": ["a", "b", "c"],
        "images": {"train": 6, "test": 2},
        "addresses": ["-"],
        "files": {name: described(name, content) for name, content in contents.items()},
    }
    return Idx.model_validate(source)


def contents(**changed: bytes) -> dict[str, bytes]:
    return {name: idx(array) for name, array in ARRAYS.items()} | changed


@pytest.mark.parametrize("unpacked", [False, True])
def test_grey_images_come_back(folder: Path, unpacked: bool) -> None:
    """Grey images get a channel axis at the end, whether the files are compressed or not."""
    files = {name: gzip.decompress(content) if unpacked else content for name, content in contents().items()}
    splits = written(folder, files, [4, 5, 1]).read("x")
    for split in ("train", "test"):
        np.testing.assert_array_equal(splits[split].images, ARRAYS[f"{split}_images"][..., None], strict=True)
        np.testing.assert_array_equal(splits[split].labels, ARRAYS[f"{split}_labels"], strict=True)


def test_images_of_colour_come_back(folder: Path) -> None:
    """Images of colour have their channels as the last axis of the file."""
    images = {
        f"{split}_images": RANDOM.integers(0, 256, (n, 4, 5, 3), np.uint8) for split, n in (("train", 6), ("test", 2))
    }
    splits = written(folder, contents(**{name: idx(array) for name, array in images.items()}), [4, 5, 3]).read("x")
    for split in ("train", "test"):
        np.testing.assert_array_equal(splits[split].images, images[f"{split}_images"], strict=True)


def test_magic_numbers_are_those_of_the_home_page() -> None:
    """The synthetic files have the magic numbers of MNIST's home page: 2051 for images, 2049 for labels."""
    images, labels = synthetic(3, 0)
    assert int.from_bytes(gzip.decompress(idx(images))[:4], "big") == 2051
    assert int.from_bytes(gzip.decompress(idx(labels))[:4], "big") == 2049


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (idx(ARRAYS["train_images"][:5]), r"its header is \[2051, 5, 4, 5\].* sizes \[6, 4, 5\]"),
        (idx(ARRAYS["train_labels"]), r"its header is \[2049, 6"),
        (gzip.compress(gzip.decompress(IMAGES) + b"\0"), "more bytes than its header"),
        (gzip.compress(gzip.decompress(IMAGES)[:-1]), "fewer bytes than its header"),
        (IMAGES[:-9], "damaged"),
        (b"<html>", "another file"),
        (gzip.compress(b""), r"its header is \[\]"),
    ],
    ids=["count", "labels", "surplus", "short", "cut", "html", "empty"],
)
def test_another_file_is_refused(folder: Path, content: bytes, said: str) -> None:
    """A file is refused for its header, for surplus or missing bytes and for damage, and is named."""
    with pytest.raises(Problem, match=said) as problem:
        written(folder, contents(train_images=content), [4, 5, 1]).read("x")
    assert "train_images" in str(problem.value)


@pytest.mark.parametrize("compress", [bytes, gzip.compress, lzma.compress, bz2.compress])
def test_a_header_makes_no_room_for_what_cannot_come(folder: Path, compress: Callable[[bytes], bytes]) -> None:
    """It says 100 TB, as the entry does; the file is a few bytes long."""
    entry = written(folder, contents(), [1024, 1024, 1])
    entry = entry.model_copy(update={"images": entry.images.model_copy(update={"train": 10**8})})
    header = np.array([0x0803, 10**8, 1024, 1024], ">u4").tobytes()
    (folder / "train_images").write_bytes(compress(header + b"x"))
    with pytest.raises(Problem, match="train_images: fewer bytes than its header announces"):
        entry.read("x")


@pytest.mark.parametrize("compressed", [True, False])
def test_mutated_files_are_refused_or_have_the_right_shape(folder: Path, compressed: bool) -> None:
    """Each of 200 files that are mutated before or after compression is refused, or gives all images."""
    random, refused = np.random.default_rng(0), 0
    entry, plain = written(folder, contents(), [4, 5, 1]), gzip.decompress(IMAGES)
    for _ in range(200):
        content = mutated(IMAGES, random) if compressed else gzip.compress(mutated(plain, random))
        (folder / "train_images").write_bytes(content)
        try:
            splits = entry.read("x")
        except Problem:
            refused += 1
        else:
            assert [data.images.shape for data in splits.values()] == [(6, 4, 5, 1), (2, 4, 5, 1)]
    assert refused > 20
