"""The train, validation and test split of a data set."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dscnn.core import seeds
from dscnn.core.splits import Labelled, Split
from dscnn.core.stage import Problem
from dscnn.data.catalogue import Dataset
from dscnn.data.formats.image_folder import DrawnSplit
from dscnn.data.formats.table import DrawnImages


class Source(NamedTuple):
    """What an error of a draw names: the data set, its classes, and the key that set the share."""

    dataset: str
    classes: Sequence[str]
    key: str


def drawn(share: float, images: int) -> int:
    """Return how many of the `images` of a class are drawn, at least one and not all; 0 if that cannot be."""
    count = round(share * images)
    return count if count < images else 0


def hold_out(data: Labelled, share: float, seed: int, source: Source) -> tuple[Labelled, Labelled]:
    """Return `data` in two parts, the second with `share` of each class, drawn by `seed`; order is kept.

    Raises `Problem`, in the words of `source`, when a class has too few images to leave one on either side.
    """
    held = np.zeros(len(data.labels), bool)
    for label in np.unique(data.labels):
        members = np.flatnonzero(data.labels == label)
        count = drawn(share, len(members))
        if not count:
            raise Problem(
                f"{source.key}: {share} of the {len(members)} images of class {source.classes[label]!r} of"
                f" {source.dataset} leaves none on one side; take another share, or more images"
            )
        held[seeds.generator(seed, "hold_out", int(label)).permutation(members)[:count]] = True
    return data.take(~held), data.take(held)


def splits(
    name: str, published: dict[str, Labelled], dataset: Dataset, validation: float | str, validation_seed: int
) -> dict[Split, Labelled]:
    """Return the three splits of the data set `name`; the validation images are a part of its training images.

    With `validation` "test" they are the test images, as in the reference experiment.
    """
    source = Source(name, dataset.classes, f"datasets.yaml {name}.images.test")
    if isinstance(dataset.images, DrawnImages):
        share = dataset.images.test / (dataset.images.train + dataset.images.test)
        train, test = hold_out(published["all"], share, dataset.images.seed, source)
        if len(test.labels) != dataset.images.test:
            raise Problem(
                f"{source.key}: {dataset.images.test} cannot be drawn as the same share of each class;"
                f" {len(test.labels)} can"
            )
    elif isinstance(dataset.images, DrawnSplit):
        train, test = hold_out(published["all"], dataset.images.test, dataset.images.seed, source)
    else:
        train, test = published["train"], published["test"]
    if isinstance(validation, str):
        return {"train": train, "validation": test, "test": test}
    train, held = hold_out(train, validation, validation_seed, source._replace(key="validation"))
    return {"train": train, "validation": held, "test": test}
