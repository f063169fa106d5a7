"""The formats of data sets, and how a data set of any of them is read; nothing in a file is executed.

A new format is a module of `dscnn.data.formats` and its class in the list below.
"""

from typing import Annotated

from pydantic import Field

from dscnn.core import files
from dscnn.core.splits import Labelled
from dscnn.core.stage import Problem
from dscnn.data.entry import fetched
from dscnn.data.formats.cifar import Cifar
from dscnn.data.formats.idx import Idx
from dscnn.data.formats.image_folder import ImageFolder
from dscnn.data.formats.table import Table

Dataset = Annotated[Cifar | Idx | ImageFolder | Table, Field(discriminator="format")]


def read(name: str, dataset: Dataset) -> dict[str, Labelled]:
    """Return the splits of the data set `name` as published: "train" and "test", or "all" if it has none.

    Raises `Problem`, naming the file, when it is not what datasets.yaml says, from its checksum to its last label.
    """
    for _, file in dataset.files:
        path = fetched(name) / file.name
        found = files.sha256(path)
        if found != file.sha256:
            raise Problem(
                f"{path}: sha256 {found} instead of {file.sha256} in datasets.yaml: changed since it was"
                f" fetched; 'dvc repro fetch@{name}' fetches it again"
            )
    splits = dataset.read(name)
    for split, data in splits.items():
        if data.labels.max() >= len(dataset.classes):
            raise Problem(
                f"{fetched(name)}: a label ({split} images) is {data.labels.max()},"
                f" datasets.yaml names {len(dataset.classes)} classes"
            )
    return splits
