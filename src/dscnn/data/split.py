"""The train, validation and test split of a data set."""

import numpy as np

from dscnn.core import seeds
from dscnn.core.splits import Labelled, Split
from dscnn.core.stage import Problem
from dscnn.data.catalogue import Dataset
from dscnn.data.formats.image_folder import DrawnSplit
from dscnn.data.formats.table import DrawnImages


def hold_out(data: Labelled, share: float, seed: int, key: str) -> tuple[Labelled, Labelled]:
    """Return `data` in two parts, the second with `share` of each class, drawn by `seed`; order is kept.

    Raises `Problem`, naming the `key` that set the share, when a class has too few images to leave one on either side.
    """
    held = np.zeros(len(data.labels), bool)
    for label in np.unique(data.labels):
        members = np.flatnonzero(data.labels == label)
        count = round(share * len(members))
        if not 0 < count < len(members):
            raise Problem(f"{key}: {share:g} of the {len(members)} images of class {label} leaves none on one side")
        held[seeds.generator(seed, "hold_out", int(label)).permutation(members)[:count]] = True
    return data.take(~held), data.take(held)


def splits(
    published: dict[str, Labelled], dataset: Dataset, validation: float | str, validation_seed: int
) -> dict[Split, Labelled]:
    """Return the three splits; the validation images are a part of the published training images.

    With `validation` "test" they are the test images, as in the reference experiment.
    """
    if isinstance(dataset.images, DrawnImages):
        share = dataset.images.test / (dataset.images.train + dataset.images.test)
        train, test = hold_out(published["all"], share, dataset.images.seed, "images.test")
        if len(test.labels) != dataset.images.test:
            raise Problem(
                f"images.test: {dataset.images.test} cannot be drawn as the same share of each class;"
                f" {len(test.labels)} can"
            )
    elif isinstance(dataset.images, DrawnSplit):
        train, test = hold_out(published["all"], dataset.images.test, dataset.images.seed, "images.test")
    else:
        train, test = published["train"], published["test"]
    if isinstance(validation, str):
        return {"train": train, "validation": test, "test": test}
    train, held = hold_out(train, validation, validation_seed, "validation")
    return {"train": train, "validation": held, "test": test}
