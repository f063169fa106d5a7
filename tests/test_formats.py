import gzip
import io
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import described, idx, mutated, synthetic, tar
from dscnn import catalogue, formats, layout
from dscnn.labelled import Labelled
from dscnn.stage import Problem

RANDOM = np.random.default_rng(0)
IMAGES = {
    "train": RANDOM.integers(0, 256, (6, 4, 5, 3), np.uint8),
    "test": RANDOM.integers(0, 256, (2, 4, 5, 3), np.uint8),
}
LABELS = {"train": np.array([0, 1, 2, 2, 1, 0], np.uint8), "test": np.array([1, 0], np.uint8)}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files of data set `x` are looked for."""
    monkeypatch.chdir(tmp_path)
    layout.fetched("x").mkdir(parents=True)
    return layout.fetched("x")


def dataset(kind: str, files: dict[str, Any], shape: list[int], **more: object) -> Any:
    source = {
        "format": kind,
        "shape": shape,
        "classes": ["a", "b", "c"],
        "images": {"train": 6, "test": 2, **more},
        "addresses": ["-"],
        "files": files,
    }
    model = {"idx": catalogue.Idx, "bundled": catalogue.Bundled}.get(kind, catalogue.CifarBinary)
    return model.model_validate(source)


def cifar_records(split: str) -> bytes:
    """Write the records by hand, pixel by pixel: label, all red, all green, all blue."""
    out = bytearray()
    for image, label in zip(IMAGES[split], LABELS[split], strict=True):
        out.append(label)
        for channel in range(3):
            for row in range(4):
                for column in range(5):
                    out.append(image[row, column, channel])
    return bytes(out)


def tar_gz(members: dict[str, bytes]) -> bytes:
    return gzip.compress(tar(members), mtime=0)


def cifar_members() -> dict[str, bytes]:
    train = cifar_records("train")
    half = len(train) // 2
    return {
        "batches/readme.html": b"hello",
        "batches/data_batch_2.bin": train[half:],
        "batches/data_batch_1.bin": train[:half],
        "batches/test_batch.bin": cifar_records("test"),
    }


def read_cifar(
    folder: Path, content: bytes, kind: str = "cifar_binary", shape: list[int] | None = None
) -> dict[str, Labelled]:
    (folder / "archive.tar.gz").write_bytes(content)
    files = {"archive": described("archive.tar.gz", content)}
    return formats.read("x", dataset(kind, files, shape or [4, 5, 3]))


def test_cifar_binary_comes_back_pixel_by_pixel(folder: Path) -> None:
    """Batches in the order of their names, whatever their order in the archive."""
    splits = read_cifar(folder, tar_gz(cifar_members()))
    for split in ("train", "test"):
        np.testing.assert_array_equal(splits[split].images, IMAGES[split], strict=True)
        np.testing.assert_array_equal(splits[split].labels, LABELS[split], strict=True)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"batches/test_batch.bin": b""}, "test_batch"),
        ({"batches/data_batch_2.bin": b"\0" * 60}, "part of a record"),
        ({"batches/data_batch_2.bin": b"\0" * 61}, "hold 4 images, the catalogue says 6 train"),
        ({"batches/data_batch_1.bin": b"\0" * 6100}, "more than is left"),
        ({"other/test_batch.bin": b""}, "repeated"),
        ({"batches/test_batch.bin": b"\3" * 122}, "a label \\(test images\\) is 3"),
    ],
    ids=["missing", "part", "short", "large", "repeated", "label"],
)
def test_a_cifar_archive_that_is_not_the_catalogues(folder: Path, members: dict[str, bytes], said: str) -> None:
    """Wrong counts, a member too many, a label without a class."""
    with pytest.raises(Problem, match=said):
        read_cifar(folder, tar_gz(cifar_members() | members))


def test_a_link_in_an_archive_is_not_followed(folder: Path) -> None:
    """Only ordinary files are read."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        link = tarfile.TarInfo("data_batch_1.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(Problem):
        read_cifar(folder, out.getvalue())


@pytest.mark.parametrize("cut", [1, 10, 100, -20, -1])
def test_a_damaged_cifar_archive_is_a_problem(folder: Path, cut: int) -> None:
    """Cut short anywhere."""
    with pytest.raises(Problem, match=r"archive\.tar\.gz"):
        read_cifar(folder, tar_gz(cifar_members())[:cut])


def cifar100() -> bytes:
    """An archive of records with a coarse label, then a fine one; written by hand."""
    out = {}
    for split in ("train", "test"):
        records = [
            bytes([label // 2, label]) + image.transpose(2, 0, 1).tobytes()
            for image, label in zip(IMAGES[split], LABELS[split], strict=True)
        ]
        out[f"cifar-100-binary/{split}.bin"] = b"".join(records)
    return tar_gz(out)


def test_cifar100_has_two_labels_a_record(folder: Path) -> None:
    """The format's name says which of them counts."""
    fine, coarse = (read_cifar(folder, cifar100(), kind) for kind in ("cifar100_fine", "cifar100_coarse"))
    for split in ("train", "test"):
        np.testing.assert_array_equal(fine[split].images, IMAGES[split], strict=True)
        np.testing.assert_array_equal(fine[split].labels, LABELS[split], strict=True)
        np.testing.assert_array_equal(coarse[split].labels, LABELS[split] // 2, strict=True)


def test_many_records_are_read_in_pieces(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of the pieces changes nothing."""
    expected = read_cifar(folder, tar_gz(cifar_members()))
    monkeypatch.setattr(formats, "BATCH", 2)
    for split, data in read_cifar(folder, tar_gz(cifar_members())).items():
        np.testing.assert_array_equal(data.images, expected[split].images)


def test_a_file_changed_since_it_was_fetched_is_not_read(folder: Path) -> None:
    """Though it is a good archive in itself."""
    good = tar_gz(cifar_members())
    read_cifar(folder, good)
    entry = dataset("cifar_binary", {"archive": described("archive.tar.gz", good)}, [4, 5, 3])
    (folder / "archive.tar.gz").write_bytes(tar_gz(cifar_members() | {"batches/test_batch.bin": b"\1" * 122}))
    with pytest.raises(Problem, match=r"archive\.tar\.gz: sha256 .* 'dvc repro fetch@x' fetches it again"):
        formats.read("x", entry)


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("kind", ["cifar_binary", "idx", "bundled"])
def test_mutated_files_are_refused_or_have_the_right_shape(folder: Path, kind: str, compressed: bool) -> None:
    """200 a format, mutated before or after compression, with a checksum that fits: nothing but `Problem` is raised.

    With the checksum of the file as it was, every one of them is refused.
    """
    random, refused = np.random.default_rng(0), 0
    table = "".join(f"{i},{i + 1},0,255,{i % 3}\n" for i in range(8)).encode()
    raw = {"cifar_binary": gzip.decompress(tar_gz(cifar_members())), "bundled": table}
    for _ in range(200):
        if kind == "idx":
            plain = gzip.decompress(idx(IMAGES["train"][..., 0]))
            content = mutated(gzip.compress(plain), random) if compressed else gzip.compress(mutated(plain, random))
            entry = dataset("idx", idx_files(folder, train_images=content), [4, 5, 1])
            honest = dataset("idx", idx_files(folder), [4, 5, 1])
            (folder / "train_images").write_bytes(content)
        else:
            plain = raw[kind]
            good = gzip.compress(plain, mtime=0)
            content = mutated(good, random) if compressed else gzip.compress(mutated(plain, random), mtime=0)
            name, role = ("archive.tar.gz", "archive") if kind == "cifar_binary" else ("table.csv.gz", "table")
            (folder / name).write_bytes(content)
            shape, more = ([4, 5, 3], {}) if kind == "cifar_binary" else ([2, 2, 1], {"seed": 0})
            entry = dataset(kind, {role: described(name, content)}, shape, **more)
            honest = dataset(kind, {role: described(name, good)}, shape, **more)
        try:
            splits = formats.read("x", entry)
        except Problem:
            refused += 1
        else:
            assert sum(len(data.images) for data in splits.values()) == 8
            assert all(data.images.shape[1:] == entry.shape for data in splits.values())
        if content not in (gzip.compress(plain), gzip.compress(plain, mtime=0)):
            with pytest.raises(Problem, match="sha256"):
                formats.read("x", honest)
    assert refused > 20


def idx_files(folder: Path, **changed: bytes) -> dict[str, Any]:
    files = {}
    for split in ("train", "test"):
        for part, array in (("images", IMAGES[split][..., 0]), ("labels", LABELS[split])):
            name = f"{split}_{part}"
            content = changed.get(name, idx(np.ascontiguousarray(array)))
            (folder / name).write_bytes(content)
            files[name] = described(name, content)
    return files


def test_idx_comes_back(folder: Path) -> None:
    """With a channel axis at the end."""
    splits = formats.read("x", dataset("idx", idx_files(folder), [4, 5, 1]))
    for split in ("train", "test"):
        np.testing.assert_array_equal(splits[split].images, IMAGES[split][..., :1], strict=True)
        np.testing.assert_array_equal(splits[split].labels, LABELS[split], strict=True)


def test_idx_magic_numbers_are_those_of_the_home_page() -> None:
    """2051 for images, 2049 for labels: the synthetic files of these tests are of the real format."""
    images, labels = synthetic(3, 0)
    assert int.from_bytes(gzip.decompress(idx(images))[:4], "big") == 2051
    assert int.from_bytes(gzip.decompress(idx(labels))[:4], "big") == 2049


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (idx(IMAGES["train"][:5, ..., 0]), r"its header is \[2051, 5, 4, 5\].* sizes \[6, 4, 5\]"),
        (idx(LABELS["train"]), r"its header is \[2049, 6"),
        (gzip.compress(gzip.decompress(idx(IMAGES["train"][..., 0])) + b"\0"), "more bytes than its header"),
        (gzip.compress(gzip.decompress(idx(IMAGES["train"][..., 0]))[:-1]), "fewer bytes than its header"),
        (idx(IMAGES["train"][..., 0])[:-9], "damaged"),
        (b"<html>", "another file"),
        (gzip.compress(b""), r"its header is \[\]"),
    ],
    ids=["count", "labels", "surplus", "short", "cut", "html", "empty"],
)
def test_an_idx_file_that_is_not_the_catalogues(folder: Path, content: bytes, said: str) -> None:
    """Another count, another kind, surplus or missing bytes, a damaged archive."""
    files = idx_files(folder, train_images=content)
    with pytest.raises(Problem, match=said) as problem:
        formats.read("x", dataset("idx", files, [4, 5, 1]))
    assert "train_images" in str(problem.value)


def bundled(folder: Path, text: str) -> dict[str, Labelled]:
    content = gzip.compress(text.encode())
    (folder / "table.csv.gz").write_bytes(content)
    files = {"table": described("table.csv.gz", content)}
    return formats.read("x", dataset("bundled", files, [2, 2, 1], seed=0))


def test_a_bundled_table_comes_back(folder: Path) -> None:
    """Pixels first, the label last, in whole or float notation."""
    text = "".join(f"{i},{i + 1},0,255,{i % 3}.0\n" for i in range(8))
    (data,) = bundled(folder, text).values()
    assert data.images.shape == (8, 2, 2, 1)
    assert data.images[3, ..., 0].tolist() == [[3, 4], [0, 255]]
    assert data.labels.tolist() == [0, 1, 2, 0, 1, 2, 0, 1]
    assert data.images.dtype == data.labels.dtype == np.uint8


@pytest.mark.parametrize(
    ("line", "said"),
    [("1,2,3,256,0", "0 to 255"), ("1,2,3,-1,0", "0 to 255"), ("1,2,3,0.5,0", "0 to 255"), ("1,2,3,x,0", "damaged"),
     ("1,2,3,4,5,0", "8 lines of 6 numbers"), ("1,2,3,4,3", "a label \\(all images\\) is 3")],
)  # fmt: skip
def test_a_table_that_is_not_the_catalogues(folder: Path, line: str, said: str) -> None:
    """Values that are no pixels, no numbers, lines too long."""
    with pytest.raises(Problem, match=said):
        bundled(folder, f"{line}\n" * 8)


def test_a_table_with_too_few_lines(folder: Path) -> None:
    """The catalogue's number of images is the number of lines."""
    with pytest.raises(Problem, match="7 lines of 5 numbers; the catalogue's 8 images"):
        bundled(folder, "1,2,3,4,0\n" * 7)
