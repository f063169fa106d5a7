"""Which conditions of a published experiment are not those of this one, found by comparing their values."""

from collections.abc import Iterator, Mapping

import pandas as pd

from dscnn.experiment.params import Params
from dscnn.reporting.text import Row, listed, span


def table(published: Row, settings: Params, arms: pd.DataFrame) -> list[list[str]]:
    """Return condition, published value and value here, of each condition in which they differ.

    `published`: the conditions in what stage references wrote. `arms`: those of one data set and width.
    """
    here = dict(_flat(_here(settings, arms)))
    return [[name, _said(value), _said(here[name])] for name, value in _flat(published) if value != here[name]]


def _here(settings: Params, arms: pd.DataFrame) -> Row:
    """Return the conditions of this experiment under the names that those of a published one have."""
    arms = arms.assign(device=arms["device"].where(arms["device"] == "cpu", "gpu"))  # published: not which one
    measured = {
        name: _one(arms[column])
        for name, column in (
            ("dataset", "dataset"), ("images", "train_images"), ("device", "device"), ("precision", "precision"),
        )
    }  # fmt: skip
    sections = {"network": settings.network, "train": settings.train, "recipe": settings.recipe}
    return {
        **measured,
        "width": float(arms["width"].iloc[0]),
        "runs": _span(arms.groupby("architecture")["seed"].nunique()),
        "seeded": True,
        "validation": settings.validation,
        **{name: own.model_dump(mode="json") for name, own in sections.items()},
    }


def _span(counts: pd.Series) -> object:
    """Return the count of all architectures, or their range in words."""
    return int(counts.min()) if counts.min() == counts.max() else span(counts.to_list())


def _one(values: pd.Series) -> object:
    """Return the value of all arms, or all of their values in words."""
    found = values.unique().tolist()
    return found[0] if len(found) == 1 else " and ".join(map(str, found))


def _flat(nested: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    """Yield each value with its dotted name."""
    for name, value in nested.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _said(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return listed(value)
        case int():
            return f"{value:,}"
        case float():
            return f"{value:g}"
        case _:
            return str(value)
