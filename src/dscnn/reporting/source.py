"""What the report is made from."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from dscnn.experiment.params import Params

PLACE = ["dataset", "width"]
Record = dict[str, Any]


class Source(NamedTuple):
    """The tables of stage compare by name, and what single stages wrote.

    `facts` are those of stage prepare by data set, `benchmarks` of stage benchmark by data set and width; `missing` are
    the files that stage manifest did not find.
    """

    settings: Params
    tables: Mapping[str, pd.DataFrame]
    facts: Mapping[str, Record]
    benchmarks: Mapping[tuple[str, str], Record]
    references: Mapping[str, Record]
    missing: list[str]

    @property
    def on_test(self) -> bool:
        """Whether the validation split is the test split."""
        return self.settings.validation == "test"

    def places(self) -> list[tuple[str, str]]:
        """Return each data set and width."""
        return [(str(name), str(width)) for name, width in self.tables["networks"][PLACE].drop_duplicates().to_numpy()]

    def of(self, table: str, place: tuple[str, ...]) -> pd.DataFrame:
        """Return the rows of one data set, or of one data set and width."""
        found = self.tables[table]
        for column, value in zip(PLACE, place, strict=False):
            found = found[found[column] == value]
        return found
