"""A small record of stage breakeven, made by hand: round numbers, so that ratios can be taken in the head.

Separable takes 1.5, 1 and 0.5 times as long as Regular at widths 0.25, 0.5 and 1, always within a tenth. Width 0.5 and
batch size 16 are the base, at which the two axes cross.
"""

from typing import Any

from timed import RECORD

SPREAD = (0.9, 1.0, 1.1, 0.95, 1.05)  # of Separable's rounds, by which their ratios differ


def timing(seconds: float, spread: tuple[float, ...] = (1.0,) * 5) -> dict[str, Any]:
    rounds = [round(seconds * factor, 6) for factor in spread]
    return {"median": seconds, "min": min(rounds), "max": max(rounds), "rounds": rounds}


def point(axes: dict[str, float], width: float, batch_size: int, ratio: float) -> dict[str, Any]:
    """Return a point whose training step takes Regular 0.2 s, inference a tenth of that, one image a hundredth."""
    parts = {"training": 0.2, "inference": 0.02, "one_image": 0.002}
    return {
        "axes": axes, "precision": "float32", "width": width, "batch_size": batch_size, "shape": [8, 8, 1],
        "architectures": {
            "Regular": {name: timing(seconds) for name, seconds in parts.items()},
            "Separable": {name: timing(round(ratio * seconds, 6), SPREAD) for name, seconds in parts.items()},
        },
    }  # fmt: skip


SWEPT: dict[str, Any] = {
    "environment": RECORD["environment"],
    "rounds": 5,
    "points": [
        point({"width": 1}, 1, 16, 0.5),
        point({"width": 0.5, "batch_size": 16}, 0.5, 16, 1.0),
        point({"width": 0.25}, 0.25, 16, 1.5),
        point({"batch_size": 4}, 0.5, 4, 0.5),
    ],
}
