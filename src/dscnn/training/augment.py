"""Random shifts, flips and holes of training images, drawn for a whole epoch from streams of their own."""

from typing import NamedTuple

import numpy as np

from dscnn.core.seeds import generator

HOLE = 128  # mid-grey


class Augment(NamedTuple):
    """What may happen to a training image: `recipe.shift`, `recipe.flip` and `recipe.cutout`; 0 or False is nothing."""

    shift: int
    flip: bool
    cutout: int


class Draws(NamedTuple):
    """One epoch's draws, a row an image: rows down and columns right, mirrored or not, centre of the hole."""

    shift: np.ndarray
    flip: np.ndarray
    cutout: np.ndarray

    def of(self, chosen: np.ndarray) -> "Draws":
        return Draws(*(part[chosen] for part in self))


def draw(augment: Augment, images: tuple[int, ...], seed: int, epoch: int) -> Draws:
    """Return the draws for all images of an array of shape `images` (n, height, width, channels) in one epoch.

    They depend on seed, epoch and the image's place in the split alone, not on the order or the batch size.
    """
    count, height, width, _ = images
    return Draws(
        generator(seed, "shift", epoch).integers(-augment.shift, augment.shift, (count, 2), endpoint=True),
        generator(seed, "flip", epoch).random(count) < (0.5 if augment.flip else 0),
        generator(seed, "cutout", epoch).integers(0, (height, width), (count, 2)),
    )


def apply(augment: Augment, images: np.ndarray, draws: Draws) -> np.ndarray:
    """Return `images` (n, height, width, channels) shifted, mirrored and with a hole each, as `draws` says.

    A shift shows the image's mirrored border beyond its edge. A hole is a grey square that may reach over the edge
    (Cutout, arXiv 1708.04552).
    """
    _, height, width, _ = images.shape
    margin = (augment.shift, augment.shift)
    padded = np.pad(images, ((0, 0), margin, margin, (0, 0)), mode="reflect") if augment.shift else images
    starts, holes = (augment.shift - draws.shift).tolist(), (draws.cutout - augment.cutout // 2).tolist()
    made = np.empty_like(images)
    # image by image: arrays of indices for all at once take twice the time
    for place, ((row, column), flipped, (top, left)) in enumerate(zip(starts, draws.flip, holes, strict=True)):
        shifted = padded[place, row : row + height, column : column + width]
        made[place] = shifted[:, ::-1] if flipped else shifted
        made[place, max(top, 0) : top + augment.cutout, max(left, 0) : left + augment.cutout] = HOLE
    return made
