"""One gzip-compressed table of numbers, a line an image: its pixels, and last its label."""

import io
import warnings
from typing import Literal

import numpy as np

from dscnn.core.schema import Natural, Section
from dscnn.core.splits import Labelled
from dscnn.core.stage import Problem
from dscnn.data.entry import Fetched, File, Images, fetched
from dscnn.data.formats import archives

LONGEST_NUMBER = 32  # characters of a cell with its comma


class DrawnImages(Images):
    """The table has no splits; the test images are drawn by `seed`, class by class."""

    seed: Natural


class Files(Section):
    """The table."""

    table: File


class Table(Fetched):
    """Images in one table, without a test split of its own."""

    format: Literal["table"]
    images: DrawnImages
    files: Files

    def read(self, name: str) -> dict[str, Labelled]:
        """Return all images of the data set `name` as "all"; raises `Problem` for other contents."""
        path = fetched(name) / self.files.table.name
        count, size = self.images.train + self.images.test, int(np.prod(self.shape))
        most = count * (size + 1) * LONGEST_NUMBER
        with archives.readable(path), archives.opened(path) as stream:
            text = archives.Limited(stream, path, most).read(min(most + 1, archives.longest(path)))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of an empty table, which the check below refuses
                table = np.loadtxt(io.BytesIO(text), np.float64, delimiter=",", ndmin=2)
        if table.shape != (count, size + 1):
            raise Problem(
                f"{path}: {table.shape[0]} lines of {table.shape[1]} numbers; the {count} images"
                f" of shape {list(self.shape)} in datasets.yaml need {count} lines of {size + 1}"
            )
        if not np.all((table >= 0) & (table <= 255) & (table == np.floor(table))):
            raise Problem(f"{path}: a value is not a whole number from 0 to 255")
        values = table.astype(np.uint8)
        return {"all": Labelled(values[:, :-1].reshape(count, *self.shape), values[:, -1])}
