"""Published file formats of image data sets, as uint8 arrays; nothing in a file is executed.

Every reader checks what it reads against the catalogue: number and shape of the images, range of the labels.
"""

import gzip
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from dscnn import params
from dscnn.labelled import Labelled
from dscnn.stage import Problem


def idx(dataset: params.Idx, folder: Path) -> dict[str, Labelled]:
    """Read the four IDX files of MNIST's home page: big-endian magic and sizes, then the bytes."""
    files, (height, width, channels) = dataset.files, dataset.shape

    def split(images: params.File, labels: params.File, count: int) -> Labelled:
        shape = (count, height, width) if channels == 1 else (count, height, width, channels)
        pixels = _idx_array(folder / images.name, shape)
        return Labelled(pixels.reshape(count, *dataset.shape), _idx_array(folder / labels.name, (count,)))

    return {
        "train": split(files.train_images, files.train_labels, dataset.images.train),
        "test": split(files.test_images, files.test_labels, dataset.images.test),
    }


def _idx_array(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    header = np.array([0x0800 + len(shape), *shape], ">u4").tobytes()
    expected = len(header) + int(np.prod(shape))
    with _readable(path), gzip.open(path) as file:
        content = file.read(expected + 1)
    if content[: len(header)] != header:
        start = content[: len(header)]
        found = np.frombuffer(start[: len(start) // 4 * 4], ">u4").tolist()
        raise Problem(
            f"{path}: its header is {found}, the catalogue asks for"
            f" magic {0x0800 + len(shape)} and sizes {list(shape)}: another file, or wrong shape or images"
        )
    if len(content) != expected:
        raise Problem(f"{path}: {'more' if len(content) > expected else 'fewer'} bytes than its header announces")
    return np.frombuffer(content, np.uint8, offset=len(header)).reshape(shape)


def cifar_binary(dataset: params.CifarBinary, folder: Path) -> dict[str, Labelled]:
    """Read CIFAR-10's binary archive: records of one label byte, then the pixels channel by channel."""
    path = folder / dataset.files.archive.name
    height, width, channels = dataset.shape
    parts: dict[str, bytes] = {}
    with _readable(path), gzip.open(path) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            name = Path(member.name).name
            if not name.endswith(".bin"):
                continue
            record = 1 + height * width * channels
            if name in parts or member.size > (dataset.images.train + dataset.images.test) * record:
                raise Problem(f"{path}: member {member.name} is repeated or larger than the whole data set")
            file = archive.extractfile(member)
            if file is None:
                raise Problem(f"{path}: member {member.name} is not an ordinary file")
            parts[name] = file.read()
        while stream.read(1 << 20):  # to the end, where gzip's own checksum is
            pass

    def split(prefix: str, count: int) -> Labelled:
        content = b"".join(parts[name] for name in sorted(parts) if name.startswith(prefix))
        if len(content) != count * (1 + height * width * channels):
            raise Problem(
                f"{path}: {prefix}*.bin hold {len(content)} bytes, the catalogue's {count} images of shape"
                f" {list(dataset.shape)} are {count * (1 + height * width * channels)}"
            )
        records = np.frombuffer(content, np.uint8).reshape(count, -1)
        pixels = records[:, 1:].reshape(count, channels, height, width).transpose(0, 2, 3, 1)
        return Labelled(np.ascontiguousarray(pixels), records[:, 0].copy())

    return {
        "train": split("data_batch_", dataset.images.train),
        "test": split("test_batch", dataset.images.test),
    }


def bundled(dataset: params.Bundled, folder: Path) -> dict[str, Labelled]:
    """Read a gzip-compressed table: a line an image, its pixels and last its label; no split of its own."""
    path = folder / dataset.files.table.name
    count, size = dataset.images.train + dataset.images.test, int(np.prod(dataset.shape))
    with _readable(path):
        table = np.loadtxt(path, np.float64, delimiter=",", ndmin=2)
    if table.shape != (count, size + 1):
        raise Problem(
            f"{path}: {table.shape[0]} lines of {table.shape[1]} numbers; the catalogue's {count} images"
            f" of shape {list(dataset.shape)} need {count} lines of {size + 1}"
        )
    if not np.all((table >= 0) & (table <= 255) & (table == np.floor(table))):
        raise Problem(f"{path}: a value is not a whole number from 0 to 255")
    values = table.astype(np.uint8)
    return {"all": Labelled(values[:, :-1].reshape(count, *dataset.shape), values[:, -1])}


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, gzip.BadGzipFile, tarfile.TarError, zlib.error, ValueError) as error:
        raise Problem(f"{path}: damaged or of another format ({error})") from None


READERS: dict[str, Callable[..., dict[str, Labelled]]] = {
    "bundled": bundled,
    "cifar_binary": cifar_binary,
    "idx": idx,
}


def read(dataset: params.Dataset, folder: Path) -> dict[str, Labelled]:
    """Return the splits of a data set as published: "train" and "test", or "all" if it has none.

    Raises `Problem`, naming the file, when it is not what the catalogue says.
    """
    splits = READERS[dataset.format](dataset, folder)
    for name, split in splits.items():
        if split.labels.max() >= len(dataset.classes):
            raise Problem(
                f"{folder}: a label ({name} images) is {split.labels.max()},"
                f" the catalogue names {len(dataset.classes)} classes"
            )
    return splits
