"""What is in the splits of a data set, so that a leak or a crooked class is seen before a result is believed."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from dscnn.core.splits import Labelled, Split


def facts(parts: Mapping[Split, Labelled], classes: tuple[str, ...]) -> dict[str, Any]:
    """Return how many images each split holds, in all and by class, their pixels, and which images are repeated.

    Mean and standard deviation are of all pixels of a channel over 255. Images are the same when every pixel is:
    `repeated` counts those that are there before in their split, `repeated_otherwise_labelled` those of them that
    have another label than the first, and `shared` how many images of the second split are in the first too.
    """
    digests = {
        split: [hashlib.blake2b(image.tobytes()).digest() for image in part.images] for split, part in parts.items()
    }
    return {
        "splits": {split: _split(part, digests[split], classes) for split, part in parts.items()},
        "shared": {
            f"{first} and {second}": sum(map(set(digests[first]).__contains__, digests[second]))
            for first, second in combinations(parts, 2)
        },
    }


def _split(part: Labelled, digests: list[bytes], classes: tuple[str, ...]) -> dict[str, object]:
    values = np.arange(256) / 255
    mean, deviation = [], []
    for channel in range(part.images.shape[-1]):
        batches = np.array_split(part.images[..., channel], 1 + len(part.images) // 1000)  # bincount makes 8 bytes of 1
        counts = sum(np.bincount(batch.ravel(), minlength=256) for batch in batches) / part.images[..., channel].size
        mean.append(float(counts @ values))
        deviation.append(float(np.sqrt(counts @ (values - mean[-1]) ** 2)))
    first: dict[bytes, int] = {}
    otherwise = sum(
        first.setdefault(digest, int(label)) != label for digest, label in zip(digests, part.labels, strict=True)
    )
    return {
        "n": len(part.labels),
        "classes": dict(zip(classes, np.bincount(part.labels, minlength=len(classes)).tolist(), strict=True)),
        "mean": [round(value, 4) for value in mean],
        "std": [round(value, 4) for value in deviation],
        "repeated": len(digests) - len(Counter(digests)),
        "repeated_otherwise_labelled": int(otherwise),
    }
