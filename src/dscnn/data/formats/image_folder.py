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
from dscnn.core.stage import Problem
from dscnn.data.entry import Addresses, Archive, Entry, fetched, packed
from dscnn.data.formats import archives, image_file
from dscnn.data.formats.faults import Faults

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
HIDDEN = ("__MACOSX", "Thumbs.db", "desktop.ini")
LARGEST_FILE = 1 << 26  # bytes of one image
MOST_UNPACKED = 100  # times the bytes of the archive
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


def hidden(name: str) -> bool:
    """Whether a file or folder is of the kind that systems leave behind and people do not see."""
    return name.startswith(".") or name in HIDDEN


def images(dataset: ImageFolder, path: Path, faults: Faults) -> Iterator[Image]:
    """Yield the images of the archive, in its order; hidden files are passed over, what is wrong goes to `faults`."""
    if drawn := isinstance(dataset.images, DrawnSplit):
        splits = {"": "all"}
    else:
        splits = {dataset.images.train: "train", dataset.images.test: "test"}
    root: PurePosixPath | None = None
    for member in archives.members(path, MOST_UNPACKED * path.stat().st_size + (1 << 24)):
        name = PurePosixPath(member.name)
        if any(map(hidden, name.parts)):
            continue
        image = name.suffix.lower() in SUFFIXES
        folders = name.parent.parts
        if not image and len(folders) < (1 if drawn else 2):
            continue  # a readme beside the folders
        where = folders[-1:] if drawn else folders[-2:]
        if len(where) < (1 if drawn else 2):
            faults.found.append(f"{name}: lies in no {'class' if drawn else 'split and class'}")
            continue
        split, kind = ("" if drawn else where[0]), where[-1]
        if split not in splits:
            faults.elsewhere.append(name)
        elif drawn and not {*dataset.classes}.isdisjoint(folders[:-1]) and kind not in dataset.classes:
            faults.found.append(f"{name}: lies deeper than its class")
        elif kind not in dataset.classes:
            faults.found.append(f"{name}: {kind!r} is not among the classes in datasets.yaml")
        elif not image:
            faults.found.append(f"{name}: no image ({', '.join(SUFFIXES)})")
        elif member.size > LARGEST_FILE:
            faults.found.append(f"{name}: {member.size} bytes are more than {LARGEST_FILE}")
        else:
            above = PurePosixPath(*folders[: -len(where)])
            if root is not None and above != root:
                raise Problem(f"{path}: images lie both in {root} and in {above}; one folder is meant")
            root = above
            with archives.readable(path):
                yield Image(splits[split], dataset.classes.index(kind), str(name), member.file.read())
    faults.sort(root, splits)


def read(dataset: ImageFolder, path: Path) -> dict[str, Labelled]:
    """Return the splits "train" and "test", or "all" when they are to be drawn; images in the order of their paths.

    Raises `Problem` with a list of all files that cannot be used.
    """
    faults, shape = Faults(), dataset.shape
    names = ("all",) if isinstance(dataset.images, DrawnSplit) else ("train", "test")
    rows: dict[str, list[tuple[str, int, np.ndarray]]] = {name: [] for name in names}
    with _pool() as pool:
        for batch, arrays in _decoded(images(dataset, path, faults), shape, pool):
            for image, array in zip(batch, arrays, strict=True):
                if isinstance(array, str):
                    faults.found.append(f"{image.path}: {array}")
                else:
                    rows[image.split].append((image.path, image.label, array))
    faults.say(path)
    empty = [
        f"{kind} ({split})"
        for split in names
        for kind in sorted(set(range(len(dataset.classes))) - {label for _, label, _ in rows[split]})
    ]
    if empty:
        listed = ", ".join(f"{dataset.classes[int(one.split()[0])]} {one.split()[1]}" for one in empty[:20])
        raise Problem(f"{path}: no image of {listed}; classes and images in datasets.yaml say there are")
    return {split: _stacked(rows.pop(split), shape) for split in names}


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
    for image in islice(found, BATCH):
        batch.append(image)
        if sum(len(one.content) for one in batch) > LARGEST_FILE // 8:
            break
    return batch
