import math
from typing import Any

import pandas as pd
import pytest

from dscnn.reporting.tables import one_image

PLACES = {("d", "0.5"): ["A", "B"], ("d", "1"): ["A", "B"], ("e", "1"): ["A", "B"]}
NETWORKS = pd.DataFrame(
    [(*place, name) for place, names in PLACES.items() for name in names], columns=["dataset", "width", "architecture"]
).assign(
    **{f"latency_ms{end}": [value] * 6 for end, value in (("", 3.0), ("_low", 2.0), ("_high", 4.0))},
    **{f"latency_share{end}": [value] * 6 for end, value in (("", 0.6), ("_low", 0.5), ("_high", 0.7))},
)


def timing(*rounds: float) -> dict[str, Any]:
    return {"rounds": list(rounds)}


# a machine that becomes three times slower, for both: the ratio is 2 all the time
RECORD: dict[str, Any] = {
    "load": {"other_processors": 0.25, "stolen_processors": 0.5},
    "formats": {
        "int8": {"A": timing(9.0, 9.0), "B": timing(9.0, 9.0)},
        "float32": {"A": timing(0.001, 0.002, 0.003), "B": timing(0.002, 0.004, 0.006), "Left out": timing(1.0)},
    },
}
RECORDS: dict[tuple[str, str], dict[str, Any]] = dict.fromkeys(PLACES, RECORD)
COLUMNS = [f"{name}{end}" for name in ("image_ms", "image_share") for end in ("", "_low", "_high")] + ["image_by"]


def test_a_row_has_milliseconds_and_the_ratio_of_each_round_by_hand() -> None:
    """What slows down all networks widens the interval of a time, and not that of a ratio."""
    table = one_image.lite_table({("d", "0.5"): RECORD}, PLACES)
    assert table[["architecture", "format"]].to_numpy().tolist() == [
        ["A", "int8"], ["B", "int8"], ["A", "float32"], ["B", "float32"]
    ]  # fmt: skip
    assert table.iloc[3][one_image.TIMES].tolist() == [4.0, 2.0, 6.0, 2.0, 2.0, 2.0]
    assert table.iloc[2]["lite_share"] == table.iloc[1]["lite_share"] == 1
    assert table[one_image.LOAD].to_numpy().tolist() == [[0.25, 0.5]] * 4
    assert (
        one_image.lite_table({("d", "0.5"): RECORD | {"formats": {}}}, PLACES).columns.tolist()
        == table.columns.tolist()
    )


def test_what_the_host_took_is_empty_where_the_system_does_not_tell() -> None:
    """Null in the record, and not 0; in one record or in all."""
    unknown = RECORD | {"load": {"other_processors": 0.25, "stolen_processors": None}}
    one, *_ = one_image.lite_table({("d", "0.5"): unknown}, PLACES)[one_image.LOAD].to_dict("records")
    assert one["other_processors"] == 0.25
    assert math.isnan(one["stolen_processors"])
    both = one_image.lite_table({("d", "0.5"): unknown, ("d", "1"): RECORD}, PLACES)["stolen_processors"]
    assert both.dtype == float
    assert both.isna().tolist() == [True] * 4 + [False] * 4


def test_an_image_is_by_tensorflow_lite_in_float32() -> None:
    """Of int8 is another network."""
    found = one_image.added(NETWORKS, one_image.lite_table(RECORDS, PLACES))
    first, second = [2.0, 1.0, 3.0, 1.0, 1.0, 1.0, one_image.LITE], [4.0, 2.0, 6.0, 2.0, 2.0, 2.0, one_image.LITE]
    assert found[COLUMNS].to_numpy().tolist() == [first, second] * 3
    assert found.drop(columns=COLUMNS).equals(NETWORKS)


@pytest.mark.parametrize(
    "lacking",
    [
        {},
        {("d", "1"): RECORD | {"formats": {}}},
        {("d", "1"): RECORD | {"formats": {"int8": RECORD["formats"]["int8"]}}},
    ],
)
def test_a_data_set_with_a_network_that_was_not_timed_so_is_by_keras(lacking: dict[tuple[str, str], Any]) -> None:
    """Times by two tools do not compare; another data set keeps its own."""
    records = {place: record for place, record in RECORDS.items() if place != ("d", "1")} | lacking
    found = one_image.added(NETWORKS, one_image.lite_table(records, PLACES))
    assert found["image_by"].tolist() == [one_image.KERAS] * 4 + [one_image.LITE] * 2
    assert found[COLUMNS].to_numpy().tolist()[:4] == [[3.0, 2.0, 4.0, 0.6, 0.5, 0.7, one_image.KERAS]] * 4
