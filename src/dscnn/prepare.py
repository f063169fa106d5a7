"""Stage prepare@D: verified archives to train, validation and test arrays, uint8 and channels last."""

import io

import numpy as np

from dscnn import catalogue, data_facts, files, formats, layout, params, samples, seeds
from dscnn.labelled import Labelled
from dscnn.stage import Problem, run


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
    published: dict[str, Labelled], dataset: catalogue.Dataset, validation: float | str, validation_seed: int
) -> dict[layout.Split, Labelled]:
    """Return the three splits; the validation images are a part of the published training images.

    With `validation` "test" they are the test images, as in the reference experiment.
    """
    if isinstance(dataset.images, catalogue.BundledImages):
        share = dataset.images.test / (dataset.images.train + dataset.images.test)
        train, test = hold_out(published["all"], share, dataset.images.seed, "images.test")
        if len(test.labels) != dataset.images.test:
            raise Problem(
                f"images.test: {dataset.images.test} cannot be drawn as the same share of each class;"
                f" {len(test.labels)} can"
            )
    elif isinstance(dataset.images, catalogue.DrawnSplit):
        train, test = hold_out(published["all"], dataset.images.test, dataset.images.seed, "images.test")
    else:
        train, test = published["train"], published["test"]
    if isinstance(validation, str):
        return {"train": train, "validation": test, "test": test}
    train, held = hold_out(train, validation, validation_seed, "train.validation")
    return {"train": train, "validation": held, "test": test}


def main(dataset: str) -> None:
    """Write the three splits of `dataset`, what is in them and a contact sheet."""
    settings = params.load()
    entry = settings.catalogue[dataset]
    train = settings.train
    parts = splits(formats.read(dataset, entry), entry, train.validation, train.validation_seed)
    for split, part in parts.items():
        files.write_arrays(layout.prepared(dataset, split), part._asdict())
    files.write_json(layout.facts(dataset), data_facts.facts(parts, entry.classes))
    picture = io.BytesIO()
    samples.contact_sheet(*parts["train"], entry.classes).save(picture, "png")
    with files.whole(layout.samples(dataset)) as file:
        file.write(picture.getvalue())
    print(f"{dataset}: " + ", ".join(f"{len(part.labels)} {split}" for split, part in parts.items()))


if __name__ == "__main__":
    run(main)
