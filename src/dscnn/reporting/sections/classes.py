"""The report's words on classes: which are recognised least, and on which the architectures differ."""

import math
from collections.abc import Iterable

import pandas as pd

from dscnn.reporting import text
from dscnn.reporting.tables import classes


def sentences(confusion: pd.DataFrame) -> list[str]:
    """Return what stands out; a class that an architecture never recognises comes first."""
    shares = classes.by_class(confusion, most=confusion["label"].nunique()).dropna()
    if shares.empty:
        return ["No class has a test image."]
    never = [(name, _named(own.index[own == 0])) for name, own in shares.items() if (own == 0).any()]
    said = [f"**{name} never recognises {which}.**" for name, which in never]
    least = [f"{name}: {_named(own.index[own == own.min()])} ({own.min():.1%})" for name, own in shares.items()]
    said.append(f"Recognised least by each: {text.listed(least)}.")
    apart = shares.max(axis=1) - shares.min(axis=1)
    if len(shares.columns) > 1 and apart.max() > 0:
        most = str(apart.idxmax())
        each = text.listed(f"{name} {own[most]:.1%}" for name, own in shares.items())
        said.append(f"They differ most on {_named([most])}: {each}.")
    first = confusion[confusion["architecture"] == confusion["architecture"].iloc[0]]
    images = text.span({round(count) for count in first.groupby("label")["images"].sum()})
    return [*said, f"Each percentage is of {images} test images, the mean over the seeds; differences may be chance."]


def _named(labels: Iterable[str]) -> str:
    """Return classes by name, as in class cat, or classes cat and dog."""
    *most, last = map(text.escaped, labels)
    return f"classes {text.listed(most)} and {last}" if most else f"class {last}"


def by_class(confusion: pd.DataFrame) -> list[str]:
    """Return each architecture's accuracy on each class; of many classes, those on which they differ most."""
    shares, of = classes.by_class(confusion), confusion["label"].nunique()
    said = "Accuracy by class, the mean over the seeds"
    if len(shares) < of:
        which = "on which the architectures differ most" if len(shares.columns) > 1 else "that it recognises least"
        said += f", of the {len(shares)} of {of} classes {which}"
    rows = [
        [text.escaped(str(label)), *("no image" if math.isnan(share) else f"{share:.3f}" for share in own)]
        for label, own in zip(shares.index, shares.to_numpy(), strict=True)
    ]
    return [f"{said} (plots/confusion.csv has what was taken for what):", text.table(["class", *shares.columns], rows)]
