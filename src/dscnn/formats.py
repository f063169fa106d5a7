"""Published file formats of image data sets, as uint8 arrays; nothing in a file is executed.

Every reader checks what it reads against the catalogue: number and shape of the images, range of the labels.
"""

import io
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

import numpy as np

from dscnn import archives, catalogue, files, image_folder, layout
from dscnn.labelled import Labelled
from dscnn.stage import Problem

BATCH = 1000  # records read at a time
SURPLUS = 1 << 24  # bytes that an archive may unpack to beside its records: headers, names of classes, a readme
LONGEST_NUMBER = 32  # characters of a table's cell with its comma


def idx(dataset: catalogue.Idx, folder: Path) -> dict[str, Labelled]:
    """Read the four IDX files of MNIST's home page: big-endian magic and sizes, then the bytes."""
    (height, width, channels) = dataset.shape

    def split(images: catalogue.File, labels: catalogue.File, count: int) -> Labelled:
        shape = (count, height, width) if channels == 1 else (count, height, width, channels)
        pixels = _idx_array(folder / images.name, shape)
        return Labelled(pixels.reshape(count, *dataset.shape), _idx_array(folder / labels.name, (count,)))

    return {
        "train": split(dataset.files.train_images, dataset.files.train_labels, dataset.images.train),
        "test": split(dataset.files.test_images, dataset.files.test_labels, dataset.images.test),
    }


def _idx_array(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    header = np.array([0x0800 + len(shape), *shape], ">u4").tobytes()
    with archives.readable(path), archives.opened(path) as file:
        start = file.read(len(header))
        if start != header:
            found = np.frombuffer(start[: len(start) // 4 * 4], ">u4").tolist()
            raise Problem(
                f"{path}: its header is {found}, the catalogue asks for"
                f" magic {0x0800 + len(shape)} and sizes {list(shape)}: another file, or wrong shape or images"
            )
        array = np.empty(shape, np.uint8)
        if _fill(file, array) != array.size:
            raise Problem(f"{path}: fewer bytes than its header announces")
        if file.read(1):
            raise Problem(f"{path}: more bytes than its header announces")
    return array


def _fill(file: IO[bytes] | io.BufferedIOBase, array: np.ndarray) -> int:
    """Fill `array` from `file`; return how many bytes there were."""
    view, filled = memoryview(array.data).cast("B"), 0
    while filled < len(view) and (chunk := file.read(min(1 << 20, len(view) - filled))):
        view[filled : filled + len(chunk)] = chunk
        filled += len(chunk)
    return filled


class Records(NamedTuple):
    """How a binary CIFAR archive is laid out: which members hold the splits, and which of the label bytes counts."""

    train: str
    test: str
    labels: int
    label: int


CIFAR = {  # as https://www.cs.toronto.edu/~kriz/cifar.html describes them
    "cifar_binary": Records("data_batch_*.bin", "test_batch.bin", labels=1, label=0),
    "cifar100_coarse": Records("train.bin", "test.bin", labels=2, label=0),
    "cifar100_fine": Records("train.bin", "test.bin", labels=2, label=1),
}


def cifar_binary(dataset: catalogue.CifarBinary, folder: Path) -> dict[str, Labelled]:
    """Read a binary CIFAR archive: records of one or two label bytes, then the pixels channel by channel."""
    path, records = folder / dataset.files.archive.name, CIFAR[dataset.format]
    bytes_each = records.labels + int(np.prod(dataset.shape))
    splits = {split: _Split.empty(count, dataset.shape) for split, count in dataset.images}
    most = (dataset.images.train + dataset.images.test) * bytes_each + SURPLUS
    for member in archives.members(path, most):
        name = PurePosixPath(member.name)
        for split, (data, batches) in splits.items():
            if not name.match(getattr(records, split)):
                continue
            begin = max((batch.stop for batch in batches.values()), default=0)
            count, rest = divmod(member.size, bytes_each)
            if rest or begin + count > len(data.labels) or name.name in batches:
                raise Problem(
                    f"{path}: member {member.name} of {member.size} bytes is repeated, holds part of a record of"
                    f" {bytes_each} bytes, or more than is left of the catalogue's {len(data.labels)} {split} images"
                )
            batches[name.name] = slice(begin, begin + count)
            with archives.readable(path):
                _read_records(member.file, data.take(batches[name.name]), records)
    for split, (data, batches) in splits.items():
        if (found := sum(batch.stop - batch.start for batch in batches.values())) != len(data.labels):
            raise Problem(
                f"{path}: {getattr(records, split)} hold {found} images, the catalogue says {len(data.labels)} {split}"
            )
    return {split: _in_order(*parts) for split, parts in splits.items()}


class _Split(NamedTuple):
    """Room for the images of a split, and where in it lies what each member held."""

    data: Labelled
    batches: dict[str, slice]

    @classmethod
    def empty(cls, count: int, shape: tuple[int, int, int]) -> "_Split":
        return cls(Labelled(np.empty((count, *shape), np.uint8), np.empty(count, np.uint8)), {})


def _read_records(file: IO[bytes], data: Labelled, records: Records) -> None:
    """Fill `data` from `file`."""
    count, height, width, channels = data.images.shape
    for begin in range(0, count, BATCH):
        batch = np.empty((min(BATCH, count - begin), records.labels + height * width * channels), np.uint8)
        if _fill(file, batch) != batch.size:
            raise EOFError("cut short")
        pixels = batch[:, records.labels :].reshape(-1, channels, height, width)
        data.images[begin : begin + BATCH] = pixels.transpose(0, 2, 3, 1)
        data.labels[begin : begin + BATCH] = batch[:, records.label]


def _in_order(data: Labelled, batches: dict[str, slice]) -> Labelled:
    """Return `data` in the order of the members' names, whatever their order in the archive was."""
    names = sorted(batches)
    if names == list(batches):
        return data
    return Labelled(*(np.concatenate([array[batches[name]] for name in names]) for array in data))


def bundled(dataset: catalogue.Bundled, folder: Path) -> dict[str, Labelled]:
    """Read a gzip-compressed table: a line an image, its pixels and last its label; no split of its own."""
    path = folder / dataset.files.table.name
    count, size = dataset.images.train + dataset.images.test, int(np.prod(dataset.shape))
    most = count * (size + 1) * LONGEST_NUMBER
    with archives.readable(path), archives.opened(path) as stream:
        text = archives.Limited(stream, path, most).read(most + 1)
        table = np.loadtxt(io.BytesIO(text), np.float64, delimiter=",", ndmin=2)
    if table.shape != (count, size + 1):
        raise Problem(
            f"{path}: {table.shape[0]} lines of {table.shape[1]} numbers; the catalogue's {count} images"
            f" of shape {list(dataset.shape)} need {count} lines of {size + 1}"
        )
    if not np.all((table >= 0) & (table <= 255) & (table == np.floor(table))):
        raise Problem(f"{path}: a value is not a whole number from 0 to 255")
    values = table.astype(np.uint8)
    return {"all": Labelled(values[:, :-1].reshape(count, *dataset.shape), values[:, -1])}


READERS: dict[str, Callable[..., dict[str, Labelled]]] = {
    "bundled": bundled,
    "cifar_binary": cifar_binary,
    "cifar100_coarse": cifar_binary,
    "cifar100_fine": cifar_binary,
    "idx": idx,
}


def read(name: str, dataset: catalogue.Dataset) -> dict[str, Labelled]:
    """Return the splits of the data set `name` as published: "train" and "test", or "all" if it has none.

    Raises `Problem`, naming the file, when it is not what the catalogue says, from its checksum to its last label.
    """
    folder = layout.fetched(name)
    for _, file in dataset.files:
        found = files.sha256(folder / file.name)
        if found != file.sha256:
            raise Problem(
                f"{folder / file.name}: sha256 {found} instead of the catalogue's {file.sha256}: changed since it was"
                f" fetched; 'dvc repro fetch@{name}' fetches it again"
            )
    if isinstance(dataset, catalogue.ImageFolder):
        archive = dataset.files.archive.name if isinstance(dataset.files, catalogue.ArchiveFiles) else None
        return image_folder.read(dataset, folder / archive if archive else layout.packed(name))
    splits = READERS[dataset.format](dataset, folder)
    for split, data in splits.items():
        if data.labels.max() >= len(dataset.classes):
            raise Problem(
                f"{folder}: a label ({split} images) is {data.labels.max()},"
                f" the catalogue names {len(dataset.classes)} classes"
            )
    return splits
