import pandas as pd

from dscnn.reporting.tables import one_image

KEYS = [("d", "0.5", "A"), ("d", "1", "A"), ("e", "1", "A")]
NETWORKS = pd.DataFrame(KEYS, columns=["dataset", "width", "architecture"]).assign(
    latency_ms=[2.0, 3.0, 4.0], latency_ms_low=[1.0, 2.0, 3.0], latency_ms_high=[3.0, 4.0, 5.0]
)
CONVERTED = pd.DataFrame(
    [
        (*key, form, value, value - 0.1, value + 0.5)
        for key in KEYS
        for form, value in (("int8", 9.0), ("float32", 0.25 * float(key[1])))
    ],
    columns=[
        "dataset", "width", "architecture", "format", "lite_latency_ms", "lite_latency_ms_min", "lite_latency_ms_max",
    ],
)  # fmt: skip
COLUMNS = ["image_ms", "image_ms_low", "image_ms_high", "image_by"]


def test_an_image_is_by_tensorflow_lite_in_float32() -> None:
    """With the lowest and the highest of its rounds; int8 computes other numbers."""
    found = one_image.added(NETWORKS, CONVERTED)
    assert found[COLUMNS].to_numpy().tolist() == [
        [0.125, 0.025, 0.625, one_image.LITE], [0.25, 0.15, 0.75, one_image.LITE], [0.25, 0.15, 0.75, one_image.LITE]
    ]  # fmt: skip
    assert found.drop(columns=COLUMNS).equals(NETWORKS)


def test_a_data_set_with_a_network_that_was_not_converted_is_by_keras() -> None:
    """Times by two tools do not compare; another data set keeps its own."""
    found = one_image.added(NETWORKS, CONVERTED[2:])
    assert found[COLUMNS].to_numpy().tolist() == [
        [2.0, 1.0, 3.0, one_image.KERAS], [3.0, 2.0, 4.0, one_image.KERAS], [0.25, 0.15, 0.75, one_image.LITE]
    ]  # fmt: skip
    for nothing in (CONVERTED.iloc[:0], CONVERTED[CONVERTED["format"] == "int8"]):
        assert set(one_image.added(NETWORKS, nothing)["image_by"]) == {one_image.KERAS}
