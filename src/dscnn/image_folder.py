"""An archive of <split>/<class>/<image> or <class>/<image>, as uint8 arrays of one shape."""

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from dscnn import archives, catalogue, pixels
from dscnn.labelled import Labelled
from dscnn.stage import Problem

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
HIDDEN = ("__MACOSX", "Thumbs.db", "desktop.ini")
LARGEST_FILE = 1 << 26  # bytes of one image
MOST_UNPACKED = 100  # times the bytes of the archive
BATCH = 256
NAMED_FAULTS = 100


class Image(NamedTuple):
    """Where an image belongs, and its bytes."""

    split: str
    label: int
    path: str
    content: bytes


class Faults:
    """Everything that is wrong with a folder, to be said at once."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.not_read: Counter[str] = Counter()

    def check(self, path: Path) -> None:
        """Raise `Problem` if there is any fault."""
        if self.found:
            more = [f"... and {len(self.found) - NAMED_FAULTS} more"] if len(self.found) > NAMED_FAULTS else []
            listed = "\n  ".join([*sorted(self.found)[:NAMED_FAULTS], *more])
            raise Problem(f"{path}: {len(self.found)} of its files cannot be used:\n  {listed}")


def hidden(name: str) -> bool:
    """Whether a file or folder is of the kind that systems leave behind and people do not see."""
    return name.startswith(".") or name in HIDDEN


def images(dataset: catalogue.ImageFolder, path: Path, faults: Faults) -> Iterator[Image]:
    """Yield the images of the archive, in its order; hidden files are passed over, what is wrong goes to `faults`."""
    if drawn := isinstance(dataset.images, catalogue.DrawnSplit):
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
            faults.not_read[str(name.parent.parent)] += 1
        elif kind not in dataset.classes:
            faults.found.append(f"{name}: {kind!r} is not among the catalogue's classes")
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


def read(dataset: catalogue.ImageFolder, path: Path) -> dict[str, Labelled]:
    """Return the splits "train" and "test", or "all" when they are to be drawn; images in the order of their paths.

    Raises `Problem` with a list of all files that cannot be used.
    """
    faults, shape = Faults(), dataset.shape
    names = ("all",) if isinstance(dataset.images, catalogue.DrawnSplit) else ("train", "test")
    rows: dict[str, list[tuple[str, int, np.ndarray]]] = {name: [] for name in names}
    with _pool() as pool:
        for batch, arrays in _decoded(images(dataset, path, faults), shape, pool):
            for image, array in zip(batch, arrays, strict=True):
                if isinstance(array, str):
                    faults.found.append(f"{image.path}: {array}")
                else:
                    rows[image.split].append((image.path, image.label, array))
    faults.check(path)
    for folder, count in faults.not_read.items():
        print(f"not read: {count} files in {folder}, which is neither split of the catalogue")
    empty = [
        f"{kind} ({split})"
        for split in names
        for kind in sorted(set(range(len(dataset.classes))) - {label for _, label, _ in rows[split]})
    ]
    if empty:
        listed = ", ".join(f"{dataset.classes[int(one.split()[0])]} {one.split()[1]}" for one in empty[:20])
        raise Problem(f"{path}: no image of {listed}; the catalogue's classes and images say there are")
    return {split: _stacked(rows.pop(split), shape) for split in names}


def _stacked(rows: list[tuple[str, int, np.ndarray]], shape: tuple[int, int, int]) -> Labelled:
    rows.sort(key=lambda row: row[0])
    data = Labelled(np.empty((len(rows), *shape), np.uint8), np.empty(len(rows), np.uint8))
    for i, (_, label, array) in enumerate(rows):
        data.images[i], data.labels[i] = array, label
    return data


def _pool() -> ProcessPoolExecutor:
    """Return a process for each core; they leave Ctrl-C to the one that reads."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(cores, context, signal.signal, (signal.SIGINT, signal.SIG_IGN))


def _decoded(
    found: Iterator[Image], shape: tuple[int, int, int], pool: Executor
) -> Iterator[tuple[list[Image], list[np.ndarray | str]]]:
    """Yield batches of images and what became of them; a few batches are under way at a time, so memory is bounded."""
    ahead: list[tuple[list[Image], Future[list[np.ndarray | str]]]] = []
    while batch := _batch(found):
        contents = [image.content for image in batch]
        ahead.append(
            ([image._replace(content=b"") for image in batch], pool.submit(pixels.decode_all, contents, shape))
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
