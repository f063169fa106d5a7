"""Images in <split>/<class>/ or <class>/: an archive of them, or a folder of the user's own that stage pack packed."""

import multiprocessing
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Discriminator, Tag, model_validator

from dscnn.core import processor
from dscnn.core.schema import Name, Natural, Section, Share
from dscnn.core.splits import Labelled
from dscnn.data.entry import Addresses, Archive, Entry, fetched, packed
from dscnn.data.formats import archives, image_file, layout
from dscnn.data.formats.archives import ArchiveProblem
from dscnn.data.formats.faults import Faults

LARGEST_FILE = 1 << 26  # bytes of one image
BATCH = 256


class NoFiles(Section):
    """Nothing to fetch."""


class FolderSplits(Section):
    """The names of the folders that hold the images of each split."""

    train: Name
    test: Name

    @model_validator(mode="after")
    def _differ(self) -> "FolderSplits":
        if self.train == self.test:
            raise ValueError(f"train and test are both {self.train!r}; one folder cannot be both")
        return self


class DrawnSplit(Section):
    """A share `test` of each class is drawn by `seed`."""

    test: Share
    seed: Natural


class ImageFolder(Entry):
    """An archive of images that is fetched, or a folder that `folders` in params.yaml names."""

    format: Literal["image_folder"]
    images: Annotated[
        Annotated[FolderSplits, Tag("folders")] | Annotated[DrawnSplit, Tag("drawn")],
        Discriminator(lambda value: "drawn" if isinstance(value, Mapping) and "seed" in value else "folders"),
    ]
    addresses: Addresses
    files: Annotated[
        Annotated[Archive, Tag("archive")] | Annotated[NoFiles, Tag("none")],
        Discriminator(lambda value: "archive" if value else "none"),
    ]

    @property
    def in_folder(self) -> bool:
        """Whether the images lie in a folder of the user's own."""
        return isinstance(self.files, NoFiles)

    @property
    def folders(self) -> dict[str, str]:
        """The folders that hold the splits, and which; none where the test split is drawn."""
        images = self.images
        return {} if isinstance(images, DrawnSplit) else {images.train: "train", images.test: "test"}

    @model_validator(mode="after")
    def _addresses_are_for_files(self) -> "ImageFolder":
        if bool(self.addresses) == self.in_folder:
            raise ValueError("addresses and files.archive come together: both for an archive, [] and {} for a folder")
        return self

    def read(self, name: str) -> dict[str, Labelled]:
        """Return the splits "train" and "test" of the data set `name`, or "all"; see `read`."""
        return read(self, fetched(name) / self.files.archive.name if isinstance(self.files, Archive) else packed(name))


class Image(NamedTuple):
    """Where an image belongs, and its bytes."""

    split: str
    label: int
    path: str
    content: bytes


def most_unpacked(path: Path) -> int:
    """Return how many bytes the archive at `path` may unpack to."""
    return 100 * path.stat().st_size + archives.SURPLUS


def images(dataset: ImageFolder, path: Path, faults: Faults) -> Iterator[Image]:
    """Yield the images of the archive, in its order; hidden files are passed over, what is wrong goes to `faults`."""
    splits, root = dataset.folders, None
    for member in archives.members(path, most_unpacked(path)):
        name = PurePosixPath(member.name)
        if any(map(layout.hidden, name.parts)):
            continue
        match layout.place(name, splits, dataset.classes):
            case None:
                faults.elsewhere.append(name)
            case str(fault):
                faults.found.append(f"{name}: {fault}")
            case _ if member.size > LARGEST_FILE:
                faults.found.append(f"{name}: {member.size} bytes are more than {LARGEST_FILE}")
            case split, label:
                above = name.parents[2 if splits else 1]
                if root is not None and above != root:
                    raise ArchiveProblem(path, f"images lie both in {root} and in {above}; one folder is meant")
                root = above
                with archives.readable(path):
                    yield Image(split, label, str(name), member.file.read())
    faults.settle(root, splits)


def read(dataset: ImageFolder, path: Path) -> dict[str, Labelled]:
    """Return the splits "train" and "test", or "all" when they are to be drawn; images in the order of their paths.

    Raises `ArchiveProblem` with a list of all files that cannot be used.
    """
    faults, shape = Faults(), dataset.shape
    rows: dict[str, list[tuple[str, int, np.ndarray]]] = {name: [] for name in dataset.folders.values() or ("all",)}
    with _pool() as pool:
        for batch, arrays in _decoded(images(dataset, path, faults), shape, pool):
            for image, array in zip(batch, arrays, strict=True):
                if isinstance(array, str):
                    faults.found.append(f"{image.path}: {array}")
                else:
                    rows[image.split].append((image.path, image.label, array))
    faults.raise_or_print(path)
    labels = {split: {label for _, label, _ in found} for split, found in rows.items()}
    kinds = dataset.classes
    empty = [f"{kinds[i]} ({split})" for split, there in labels.items() for i in range(len(kinds)) if i not in there]
    if empty:
        listed = ", ".join(empty[:20])
        raise ArchiveProblem(path, f"no image of {listed}; classes and images in datasets.yaml say there are")
    return {split: _stacked(rows.pop(split), shape) for split in [*rows]}


def _stacked(rows: list[tuple[str, int, np.ndarray]], shape: tuple[int, int, int]) -> Labelled:
    rows.sort(key=lambda row: row[0])
    data = Labelled(np.empty((len(rows), *shape), np.uint8), np.empty(len(rows), np.uint8))
    for i, (_, label, array) in enumerate(rows):
        data.images[i], data.labels[i] = array, label
    return data


def _pool() -> ProcessPoolExecutor:
    """Return a process for each core; they leave Ctrl-C to the one that reads."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processor.cores(), context, signal.signal, (signal.SIGINT, signal.SIG_IGN))


def _decoded(
    found: Iterator[Image], shape: tuple[int, int, int], pool: Executor
) -> Iterator[tuple[list[Image], list[np.ndarray | str]]]:
    """Yield batches of images and what became of them; a few batches are under way at a time, so memory is bounded."""
    ahead: list[tuple[list[Image], Future[list[np.ndarray | str]]]] = []
    while batch := _batch(found):
        contents = [image.content for image in batch]
        ahead.append(
            ([image._replace(content=b"") for image in batch], pool.submit(image_file.decode_all, contents, shape))
        )
        if len(ahead) > 4:
            done, future = ahead.pop(0)
            yield done, future.result()
    for done, future in ahead:
        yield done, future.result()


def _batch(found: Iterator[Image]) -> list[Image]:
    """Return the next images, few when they are large."""
    batch: list[Image] = []
    size = 0
    for image in islice(found, BATCH):
        batch.append(image)
        size += len(image.content)
        if size > LARGEST_FILE // 8:
            break
    return batch
