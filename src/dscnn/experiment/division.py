"""Whether the training images of each data set can be divided: into validation images and others, and into steps."""

import math
from collections.abc import Iterator

from dscnn.data.formats.image_folder import ImageFolder
from dscnn.data.split import drawn
from dscnn.experiment.datasets import Catalogue
from dscnn.experiment.params import Params


def check(params: Params, catalogue: Catalogue) -> Iterator[str]:
    """Yield what cannot be divided, a line each, as far as datasets.yaml says how many images there are.

    How many each class has is not known before they are read; an error here is one whatever that is.
    """
    for name in params.datasets:
        entry = catalogue.get(name)
        if entry is None or isinstance(entry, ImageFolder):
            continue
        count, classes, batch = entry.images.train, len(entry.classes), params.train.batch_size
        most, fewer = count, ""
        if isinstance(params.validation, float):
            least = count // classes  # images of the class that has fewest, or more than that
            if not drawn(params.validation, least):
                yield (
                    f"validation: {params.validation} of the {count} training images of {name} leaves none on one side"
                    f" of a class, as one of its {classes} classes has {least} or fewer; take another share, or 'test'"
                )
                continue
            rest = (1 - params.validation) * count + classes / 2  # at most a half is rounded in each class
            most, fewer = math.floor(rest + 1e-6), " or fewer"
        if most <= batch:
            yield (
                f"train.batch_size: {batch} makes one step of the {most}{fewer} training images of {name}, and the"
                " first step of an epoch is not always timed: take smaller batches"
            )
