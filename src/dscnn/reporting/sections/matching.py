"""Which networks of this experiment are those of a published one.

They are the same if the two convolutions of their blocks are of the same kinds, whatever their names.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from dscnn.experiment.params import Params
from dscnn.reporting import text
from dscnn.reporting.text import Row


class Pair(NamedTuple):
    """Two networks here, and what was published of the same two."""

    base: str
    name: str
    base_published: Row
    published: Row


def matched(reference: Row, settings: Params) -> dict[str, str]:
    """Return, by name here, the published name of each architecture with the same kinds of convolution."""
    by_kinds = {tuple(own["kinds"]): name for name, own in reversed(reference["architectures"].items())}
    return {name: by_kinds[kinds] for name, kinds in settings.architectures.items() if kinds in by_kinds}


def pairs(reference: Row, same: Mapping[str, str], table: pd.DataFrame) -> Iterator[tuple[Pair, Row]]:
    """Yield each row of `table`, which has a row a pair, whose two networks were published as different ones."""
    published = reference["architectures"]
    for row in text.records(table):
        base, name = row["base"], row["architecture"]
        if base in same and name in same and same[base] != same[name]:
            yield Pair(base, name, published[same[base]]["published"], published[same[name]]["published"]), row
