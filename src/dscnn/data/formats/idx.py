"""IDX files, as MNIST is published: big-endian magic number and sizes, then the bytes."""

import math
from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import model_validator

from dscnn.core.schema import Section
from dscnn.core.splits import Labelled
from dscnn.core.stage import Problem
from dscnn.data.entry import Fetched, File, fetched
from dscnn.data.formats import archives


class Files(Section):
    """Images and labels of each split."""

    train_images: File
    train_labels: File
    test_images: File
    test_labels: File

    @model_validator(mode="after")
    def _apart(self) -> Self:
        names = [file.name for _, file in self]
        if len({*names}) < len(names):
            raise ValueError(f"two of the four files have one name: {', '.join(names)}")
        return self


class Idx(Fetched):
    """Four IDX files, compressed or not."""

    format: Literal["idx"]
    files: Files

    def read(self, name: str) -> dict[str, Labelled]:
        """Return the splits "train" and "test" of the data set `name`; raises `Problem` for other contents."""
        folder, files = fetched(name), self.files
        return {
            "train": self._split(folder, files.train_images, files.train_labels, self.images.train),
            "test": self._split(folder, files.test_images, files.test_labels, self.images.test),
        }

    def _split(self, folder: Path, images: File, labels: File, count: int) -> Labelled:
        height, width, channels = self.shape
        shape = (count, height, width) if channels == 1 else (count, height, width, channels)
        pixels = _array(folder / images.name, shape)
        return Labelled(pixels.reshape(count, *self.shape), _array(folder / labels.name, (count,)))


def _array(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    header = np.array([0x0800 + len(shape), *shape], ">u4").tobytes()
    with archives.readable(path), archives.opened(path) as file:
        start = file.read(len(header))
        if start != header:
            found = np.frombuffer(start[: len(start) // 4 * 4], ">u4").tolist()
            raise Problem(
                f"{path}: its header is {found}, datasets.yaml asks for"
                f" magic {0x0800 + len(shape)} and sizes {list(shape)}: another file, or wrong shape or images"
            )
        short = Problem(f"{path}: fewer bytes than its header announces")
        if archives.longest(path) < math.prod(shape):
            raise short
        array = np.empty(shape, np.uint8)
        if archives.fill(file, array) != array.size:
            raise short
        if file.read(1):
            raise Problem(f"{path}: more bytes than its header announces")
    return array
