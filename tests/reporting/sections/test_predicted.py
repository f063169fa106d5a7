import copy

from dscnn.reporting.sections.predicted import by_operation, farthest, layers, section, steps
from dscnn.reporting.tables import predicted
from frames import BENCHMARKS, KEY, OWN, PREDICTED
from probed import PROBED


def test_the_section_opens_with_how_good_the_prediction_is() -> None:
    """The numbers are those of tests/reporting/tables/test_predicted.py."""
    answer, *_ = section(PREDICTED)
    assert answer == (
        "Whole training steps were predicted within 7% (Regular +7%, Separable +2%). Layers were predicted within 17%"
        " in the median, and within 100% in nine of ten (10 timings, training and inference)."
    )


def test_a_row_an_operation_with_three_times() -> None:
    """What an architecture does not have is an empty cell; what is no layer has no roofline."""
    lines = by_operation(PREDICTED).splitlines()
    assert lines[0] == "| ms a training step: roofline / predicted / measured | Regular | Separable |"
    assert lines[2:] == [
        "| first convolution | 6.00 / 24.00 / 12.00 | 6.00 / 24.00 / 12.00 |",
        "| convolution | 240.00 / 330.00 / 300.00 |  |",
        "| pooling | 30.00 / 50.00 / 50.00 | 30.00 / 50.00 / 50.00 |",
        "| depthwise |  | 30.00 / 100.00 / 120.00 |",
        "| pointwise |  | 30.00 / 50.00 / 60.00 |",
        "| optimizer | - / 20.00 / 10.00 | - / 25.00 / 10.00 |",
        "| loss | - / 5.00 / 5.00 | - / 5.00 / 5.00 |",
        "| whole step | - / 429.00 / 400.00 | - / 254.00 / 250.00 |",
    ]


def test_the_operation_that_is_farthest_off_is_named() -> None:
    """Separable's optimizer is predicted at 25 ms and takes 10; too short a time counts as too long a one does."""
    assert section(PREDICTED)[-1].endswith(
        "no accident of one layer. Farthest off: optimizer in Separable, predicted at 2.50x the time measured."
        " plots/predicted.csv has every layer."
    )
    short = PREDICTED.assign(
        seconds=PREDICTED["seconds"].where(PREDICTED["operation"] != "pooling", 4 * PREDICTED["seconds"])
    )
    assert farthest(short) == " Farthest off: pooling in Regular, predicted at 0.250x the time measured."


def test_where_no_prediction_is_far_off_no_operation_is_named() -> None:
    """Nearly half as long again is not far; neither a whole step nor a time too short to be measured is spoken of."""
    near = PREDICTED.assign(predicted_seconds=1.49 * PREDICTED["seconds"])
    assert farthest(near) == ""
    whole, loss = (near["operation"] == name for name in ("whole step", "loss"))
    assert farthest(near.assign(seconds=near["seconds"].mask(whole, 1.0).mask(loss, 0.0))) == ""


def test_what_has_no_prediction_is_said() -> None:
    """A sum with an unknown part is unknown."""
    record = copy.deepcopy(PROBED)
    record["probes"]["4 x 4 8 separable+separable"]["layers"].pop(0)
    table = predicted.table({KEY: record}, BENCHMARKS, OWN)
    assert steps(table) == (
        "Whole training steps were predicted within 7% (Regular +7%)."
        " There is no prediction for Separable: no probe has a layer of a kind that is in it."
    )
    assert "| depthwise |  | 30.00 / - / 120.00 |" in by_operation(table)
    record["probes"] = {name: probe | {"layers": []} for name, probe in record["probes"].items()}
    nothing = predicted.table({KEY: record}, BENCHMARKS, OWN)
    assert layers(nothing) == "No layer has a prediction."
    assert steps(nothing).startswith("There is no prediction for Regular, Separable:")


def test_without_probes_there_is_no_section() -> None:
    assert section(PREDICTED.iloc[:0]) == []
