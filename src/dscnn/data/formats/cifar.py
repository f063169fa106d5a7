"""The binary versions of CIFAR-10 and CIFAR-100: a tar of fixed-length records, no pickle to execute."""

from pathlib import PurePosixPath
from typing import IO, Literal, NamedTuple

import numpy as np

from dscnn.core.splits import Labelled
from dscnn.core.stage import Problem
from dscnn.data.entry import Archive, Fetched, fetched
from dscnn.data.formats import archives

BATCH = 1000  # records read at a time


class Records(NamedTuple):
    """How an archive is laid out: which members hold the splits, and which of the label bytes counts."""

    train: str
    test: str
    labels: int
    label: int


RECORDS = {  # as https://www.cs.toronto.edu/~kriz/cifar.html describes them
    "cifar_binary": Records("data_batch_*.bin", "test_batch.bin", labels=1, label=0),
    "cifar100_coarse": Records("train.bin", "test.bin", labels=2, label=0),
    "cifar100_fine": Records("train.bin", "test.bin", labels=2, label=1),
}


class _Split(NamedTuple):
    """Room for the images of a split, and where in it lies what each member held."""

    data: Labelled
    batches: dict[str, slice]

    @classmethod
    def empty(cls, count: int, shape: tuple[int, int, int]) -> "_Split":
        return cls(Labelled(np.empty((count, *shape), np.uint8), np.empty(count, np.uint8)), {})


class Cifar(Fetched):
    """One archive of records: one or two label bytes, then the pixels channel by channel."""

    format: Literal["cifar_binary", "cifar100_fine", "cifar100_coarse"]
    files: Archive

    def read(self, name: str) -> dict[str, Labelled]:
        """Return the splits "train" and "test" of the data set `name`; raises `Problem` for other contents."""
        path, records = fetched(name) / self.files.archive.name, RECORDS[self.format]
        bytes_each = records.labels + int(np.prod(self.shape))
        splits = {split: _Split.empty(count, self.shape) for split, count in self.images}
        most = (self.images.train + self.images.test) * bytes_each + archives.SURPLUS
        for member in archives.members(path, most):
            member_name = PurePosixPath(member.name)
            for split, (data, batches) in splits.items():
                if not member_name.match(getattr(records, split)):
                    continue
                begin = max((batch.stop for batch in batches.values()), default=0)
                count, rest = divmod(member.size, bytes_each)
                if rest or begin + count > len(data.labels) or member_name.name in batches:
                    raise Problem(
                        f"{path}: member {member.name} of {member.size} bytes is repeated, holds part of a record of"
                        f" {bytes_each} bytes, or more than is left of the {len(data.labels)} {split} images of"
                        " datasets.yaml"
                    )
                batches[member_name.name] = slice(begin, begin + count)
                with archives.readable(path):  # a slice is a view: what is read is in `data`
                    _read_records(member.file, data.take(batches[member_name.name]), records)
        for split, (data, batches) in splits.items():
            if (found := sum(batch.stop - batch.start for batch in batches.values())) != len(data.labels):
                raise Problem(
                    f"{path}: {getattr(records, split)} hold {found} images, datasets.yaml says"
                    f" {len(data.labels)} {split}"
                )
        return {split: _in_order(*parts) for split, parts in splits.items()}


def _read_records(file: IO[bytes], data: Labelled, records: Records) -> None:
    """Fill `data` from `file`."""
    count, height, width, channels = data.images.shape
    for begin in range(0, count, BATCH):
        batch = np.empty((min(BATCH, count - begin), records.labels + height * width * channels), np.uint8)
        if archives.fill(file, batch) != batch.size:
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
