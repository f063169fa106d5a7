import pandas as pd
import pytest

from dscnn.experiment import params
from frames import NETWORKS, TABLES, source

TWICE = TABLES | {"networks": pd.concat([NETWORKS, NETWORKS.assign(width="1"), NETWORKS.assign(dataset="dots")])}


def test_the_places_are_those_of_the_networks(settings: params.Params) -> None:
    """In their order, each once."""
    assert source(settings, tables=TWICE).places() == [("stripes", "0.5"), ("stripes", "1"), ("dots", "0.5")]


@pytest.mark.parametrize(
    ("place", "rows"), [((), 6), (("stripes",), 4), (("stripes", "0.5"), 2), (("dots", "0.5"), 2), (("other", "1"), 0)]
)
def test_the_rows_of_a_place(settings: params.Params, place: tuple[str, ...], rows: int) -> None:
    """Of a data set with all of its widths, or of one width."""
    found = source(settings, tables=TWICE).of("networks", place)
    assert len(found) == rows
    for column, value in zip(("dataset", "width"), place, strict=False):
        assert set(found[column]) <= {value}


def test_validation_on_the_test_split_is_known(settings: params.Params) -> None:
    assert not source(settings).on_test
    assert source(settings.model_copy(update={"validation": "test"})).on_test
