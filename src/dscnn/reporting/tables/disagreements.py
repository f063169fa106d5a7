"""Test images that most seeds of one architecture have right, and most of another wrong."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dscnn.core.paths import Arm
from dscnn.reporting.tables.networks import NET

SHOWN = 6  # of each side
COLUMNS = [*NET, "base", "only", "image", "label", "predicted", "right", "of_right", "wrong", "of_wrong"]


def table(predicted: Mapping[Arm, pd.DataFrame], names: Mapping[str, list[str]]) -> pd.DataFrame:
    """Return up to six images a side of each architecture against the first of its data set and width.

    `only` is the architecture that has the `image` (its number in the test split) right: `right` of its `of_right`
    seeds do, and `wrong` of the `of_wrong` seeds of the other one. `predicted` is what the other one takes it for most
    often. Shown are images that more than half of the seeds have right on one side and less than half on the other,
    those with the largest difference in the share of seeds.
    """
    rows = []
    for place in dict.fromkeys(arm[:2] for arm in predicted):
        by_name: dict[str, list[pd.DataFrame]] = {}
        for arm, own in predicted.items():
            if arm[:2] == place:
                by_name.setdefault(arm.architecture, []).append(own)
        base, *others = by_name
        for name in others:
            for right, wrong in ((base, name), (name, base)):
                rows += [
                    [*place, name, base, right, *row] for row in _side(by_name[right], by_name[wrong], names[place[0]])
                ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _side(right: list[pd.DataFrame], wrong: list[pd.DataFrame], classes: list[str]) -> list[list[object]]:
    labels = right[0]["label"].to_numpy()
    shares = [
        np.mean([(own["predicted"] == own["label"]).to_numpy() for own in each], axis=0) for each in (right, wrong)
    ]
    apart = shares[0] - shares[1]
    clear = (shares[0] > 0.5) & (shares[1] < 0.5)
    found = [int(image) for image in np.argsort(-apart, kind="stable") if clear[image]][:SHOWN]
    rows: list[list[object]] = []
    for image in found:
        said = [int(own["predicted"].iloc[image]) for own in wrong]
        mistakes = np.bincount([each for each in said if each != labels[image]])
        counts = [
            count
            for each, share in zip((right, wrong), shares, strict=True)
            for count in (round(len(each) * share[image]), len(each))
        ]
        rows.append([image, classes[labels[image]], classes[int(mistakes.argmax())], *counts])
    return rows
