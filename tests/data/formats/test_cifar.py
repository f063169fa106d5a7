import gzip
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dscnn.core.splits import Labelled
from dscnn.core.stage import Problem
from dscnn.data.formats import cifar
from tiny import described, mutated, tar

RANDOM = np.random.default_rng(0)
IMAGES = {
    "train": RANDOM.integers(0, 256, (6, 4, 5, 3), np.uint8),
    "test": RANDOM.integers(0, 256, (2, 4, 5, 3), np.uint8),
}
LABELS = {"train": np.array([0, 1, 2, 2, 1, 0], np.uint8), "test": np.array([1, 0], np.uint8)}


def records(split: str) -> bytes:
    """Return records made pixel by pixel: the label, then all red, all green and all blue."""
    out = bytearray()
    for image, label in zip(IMAGES[split], LABELS[split], strict=True):
        out.append(label)
        for channel in range(3):
            for row in range(4):
                for column in range(5):
                    out.append(image[row, column, channel])
    return bytes(out)


def members() -> dict[str, bytes]:
    train = records("train")
    half = len(train) // 2
    return {
        "batches/readme.html": b"hello",
        "batches/data_batch_2.bin": train[half:],
        "batches/data_batch_1.bin": train[:half],
        "batches/test_batch.bin": records("test"),
    }


def read(folder: Path, content: bytes, kind: str = "cifar_binary") -> dict[str, Labelled]:
    (folder / "archive.tar.gz").write_bytes(content)
    source: dict[str, Any] = {
        "format": kind,
        "shape": [4, 5, 3],
        "classes": ["a", "b", "c"],
        "images": {"train": 6, "test": 2},
        "addresses": ["-"],
        "files": {"archive": described("archive.tar.gz", content)},
    }
    return cifar.Cifar.model_validate(source).read("x")


@pytest.mark.parametrize("batch", [2, 1000])
def test_images_come_back_pixel_by_pixel(folder: Path, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    """Members come in the order of their names, however many records are read at a time."""
    monkeypatch.setattr(cifar, "BATCH", batch)
    splits = read(folder, gzip.compress(tar(members())))
    for split in ("train", "test"):
        np.testing.assert_array_equal(splits[split].images, IMAGES[split], strict=True)
        np.testing.assert_array_equal(splits[split].labels, LABELS[split], strict=True)


def test_cifar100_has_two_labels_a_record(folder: Path) -> None:
    """A record has a coarse label and then a fine one, and the format says which of them counts."""
    archive = {}
    for split in ("train", "test"):
        one_each = [
            bytes([label // 2, label]) + image.transpose(2, 0, 1).tobytes()
            for image, label in zip(IMAGES[split], LABELS[split], strict=True)
        ]
        archive[f"cifar-100-binary/{split}.bin"] = b"".join(one_each)
    content = gzip.compress(tar(archive))
    fine, coarse = (read(folder, content, kind) for kind in ("cifar100_fine", "cifar100_coarse"))
    for split in ("train", "test"):
        np.testing.assert_array_equal(fine[split].images, IMAGES[split], strict=True)
        np.testing.assert_array_equal(fine[split].labels, LABELS[split], strict=True)
        np.testing.assert_array_equal(coarse[split].labels, LABELS[split] // 2, strict=True)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"batches/test_batch.bin": b""}, "test_batch"),
        ({"batches/data_batch_2.bin": b"\0" * 60}, "part of a record"),
        ({"batches/data_batch_2.bin": b"\0" * 61}, r"hold 4 images, datasets\.yaml says 6 train"),
        ({"batches/data_batch_1.bin": b"\0" * 6100}, "more than is left"),
        ({"other/test_batch.bin": b""}, "repeated"),
    ],
    ids=["missing", "part", "short", "large", "repeated"],
)
def test_another_archive_is_refused(folder: Path, changed: dict[str, bytes], said: str) -> None:
    """An archive is refused for a wrong number of images and for a member too many."""
    with pytest.raises(Problem, match=said):
        read(folder, gzip.compress(tar(members() | changed)))


def test_a_link_in_an_archive_is_not_followed(folder: Path) -> None:
    """An archive is refused when one of its batches is a link."""
    link = tarfile.TarInfo("batches/data_batch_3.bin")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with pytest.raises(Problem, match="not an ordinary file"):
        read(folder, gzip.compress(tar(members(), link)))


@pytest.mark.parametrize("cut", [1, 10, 100, -20, -1])
def test_an_archive_that_is_cut_short_is_refused(folder: Path, cut: int) -> None:
    """An archive is refused and named wherever it is cut."""
    with pytest.raises(Problem, match=r"archive\.tar\.gz"):
        read(folder, gzip.compress(tar(members()))[:cut])


@pytest.mark.parametrize("compressed", [True, False])
def test_mutated_archives_are_refused_or_have_the_right_shape(folder: Path, compressed: bool) -> None:
    """Each of 200 archives that are mutated before or after compression is refused, or gives all images."""
    random, refused, plain = np.random.default_rng(0), 0, tar(members())
    good = gzip.compress(plain, mtime=0)
    for _ in range(200):
        try:
            splits = read(folder, mutated(good, random) if compressed else gzip.compress(mutated(plain, random)))
        except Problem:
            refused += 1
        else:
            assert [data.images.shape for data in splits.values()] == [(6, 4, 5, 3), (2, 4, 5, 3)]
    assert refused > 20
