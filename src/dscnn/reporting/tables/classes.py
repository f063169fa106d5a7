"""Which classes the networks tell apart: from what stage evaluate predicted for each test image."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dscnn.core.files import significant
from dscnn.core.paths import Arm, metrics
from dscnn.core.stage import Problem
from dscnn.reporting.tables.networks import NET
from dscnn.reporting.tables.readable import readable

CONFUSION = [*NET, "label", "predicted", "images", "share"]


def predictions(experiment: list[Arm]) -> dict[Arm, pd.DataFrame]:
    """Return label and predicted class of each test image, by arm.

    Raises `Problem` if two arms of a data set were scored on other images.
    """
    found: dict[Arm, pd.DataFrame] = {}
    first: dict[str, Arm] = {}
    for arm in experiment:
        with readable(arm.predictions):
            found[arm] = pd.read_csv(arm.predictions)[["label", "predicted"]].astype(int)
        other = first.setdefault(arm.dataset, arm)
        if not found[arm]["label"].equals(found[other]["label"]):
            raise Problem(f"{arm.predictions} has other test images than {other.predictions}")
    return found


def class_names(facts: Mapping[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Return the classes of each data set, in the order of their labels; `facts` are the records of stage prepare."""
    found = {}
    for dataset, own in facts.items():
        with readable(metrics("prepare", dataset)):
            found[dataset] = list(own["splits"]["train"]["classes"])
    return found


def right(predicted: Mapping[Arm, pd.DataFrame]) -> dict[Arm, np.ndarray]:
    """Return for each test image whether its class was predicted, by arm."""
    return {arm: (rows["label"] == rows["predicted"]).to_numpy() for arm, rows in predicted.items()}


def confusion_table(predicted: Mapping[Arm, pd.DataFrame], names: Mapping[str, list[str]]) -> pd.DataFrame:
    """Return a row a network, label and predicted class; `names` are the classes of each data set.

    `images`: the mean over the seeds; `share`: of the images of that label, empty if there are none. Over the predicted
    classes the shares add up to 1, and where both classes are the same it is the accuracy on the class.
    """
    rows = []
    for net in dict.fromkeys(arm[:3] for arm in predicted):
        classes = names[net[0]]
        each = [
            np.bincount(len(classes) * rows["label"] + rows["predicted"], minlength=len(classes) ** 2)
            for arm, rows in predicted.items()
            if arm[:3] == net
        ]
        counts = np.mean(each, axis=0).reshape(len(classes), -1)
        for label, own in zip(classes, counts, strict=True):
            total = own.sum() or np.nan  # of a class that no test image has
            for other, count in zip(classes, own, strict=True):
                rows.append([*net, label, other, significant(count), significant(count / total)])
    return pd.DataFrame(rows, columns=CONFUSION)


def by_class(confusion: pd.DataFrame, most: int = 20) -> pd.DataFrame:
    """Return the accuracy on each class, a column an architecture.

    Of more than `most` classes, the rows are those on which the architectures differ most, the largest difference
    first; of a single architecture, those that it recognises least.
    """
    same = confusion[confusion["label"] == confusion["predicted"]]
    shares = same.pivot(index="label", columns="architecture", values="share")
    shares = shares.loc[same["label"].unique(), list(same["architecture"].unique())]
    if len(shares) > most:
        several = len(shares.columns) > 1
        apart = shares.max(axis=1) - shares.min(axis=1) if several else -shares.iloc[:, 0]
        shares = shares.loc[apart.sort_values(ascending=False, kind="stable").index[:most]]
    return shares
