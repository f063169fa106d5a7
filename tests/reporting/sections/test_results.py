import numpy as np
import pandas as pd
import pytest

from dscnn.reporting.sections import results
from dscnn.reporting.tables.differences import IMAGES, RUNS
from dscnn.reporting.tables.measures import MEASURES, Measure
from frames import ARMS, DIFFERENCES, EPOCHS, NETWORKS


def cells(table: str) -> list[dict[str, str]]:
    """Return the rows of a Markdown table, each cell under its heading."""
    head, _, *rows = ([cell.strip() for cell in line[1:-1].split("|")] for line in table.splitlines())
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_the_result_table_by_hand() -> None:
    """Every measure has its unit, and thousands apart; accuracies have their range."""
    regular, separable = cells(results.result_table(NETWORKS, on_test=False))
    expected = {
        "": "Regular", "test accuracy": "0.5500", "lowest to highest": "0.4000 to 0.7500", "loss": "0.7000",
        "parameters": "1,000", "multiply-adds": "64,000", "FLOPs": "130,000", "train time": "5.0 s",
        "trained images/s": "2,400",
    }  # fmt: skip
    assert regular | expected == regular
    assert list(regular)[:4] == ["", "test accuracy", "lowest to highest", "loss"]
    assert (separable[""], separable["test accuracy"]) == ("Separable", "0.4000")


def test_the_line_below_the_table_says_how_seeds_are_put_together() -> None:
    """By hand, so it is held against MEASURES."""
    over = {measure.name: measure.over_seeds for measure in MEASURES}
    assert {over["accuracy"], over["loss"]} == {"mean"}
    assert {over["train_seconds"], over["images_per_second"]} == {"median"}
    assert results.CONVENTION == (
        "Accuracy and loss (nats) are on the test images, the mean over the seeds; train time and trained images/s are"
        " the median of the seeds. Multiply-adds and FLOPs are of one image, at inference."
    )


def test_the_relative_table_by_hand() -> None:
    """A row has points of accuracy, here of 49 and 36 in 90 right, and fractions of the first architecture's costs."""
    regular, separable = results.relative_table(NETWORKS, DIFFERENCES, on_test=False).splitlines()[2:]
    assert regular == "| Regular | +0.00 points | 1.000x | 1.000x | 1.000x | 1.000x |"
    assert separable == "| Separable | -14.44 points | 0.250x | 0.125x | 0.127x | 0.400x |"


def test_points_are_those_of_the_differences() -> None:
    """Of rounded accuracies -1.04 would come out, where the sentences have -1.03; no other pair or kind is taken."""
    networks = pd.concat([NETWORKS, NETWORKS.iloc[1:].assign(architecture="Third")])
    networks["accuracy"] = [0.9640, 0.9536, 0.9]
    columns = ["base", "architecture", "population", "difference"]
    differences = pd.DataFrame(
        [
            ["Regular", "Separable", RUNS, -0.01033],
            ["Regular", "Separable", IMAGES, -0.5],
            ["Separable", "Third", RUNS, -0.7],
            ["Regular", "Third", RUNS, -0.064],
        ],
        columns=columns,
    )
    rows = results.relative_table(networks, differences, False).splitlines()[2:]
    assert [row.split(" | ")[1] for row in rows] == ["+0.00 points", "-1.03 points", "-6.40 points"]


def test_the_table_of_arms_by_hand() -> None:
    """Each training run has a row with what is measured for it; what only networks have is not in it."""
    rows = cells(results.arm_table(ARMS, on_test=False))
    assert [(row["architecture"], row["seed"]) for row in rows] == [
        (name, seed) for name in ("Regular", "Separable") for seed in "123"
    ]
    expected = {"test accuracy": "0.7500", "loss": "0.3000", "train time": "5.0 s", "trained images/s": "2,400"}
    assert rows[1] | expected == rows[1]
    assert "parameters" not in rows[1]


def test_where_arms_ran_is_said_if_it_differs() -> None:
    """And which times count, if some do not."""
    plain = cells(results.arm_table(ARMS, on_test=False))
    assert {"device", "processor", "time counts"} & set(plain[0]) == set()
    mixed = ARMS.assign(processor=["x", "y", "x"] * 2, timed=[True, False, True] * 2)
    rows = cells(results.arm_table(mixed, on_test=False))
    assert [(row["processor"], row["time counts"]) for row in rows] == [("x", "yes"), ("y", "no"), ("x", "yes")] * 2
    assert "device" not in rows[0]


def test_a_new_measure_is_a_column(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of MEASURES is enough; one without a heading is in no table, one of networks not in that of arms."""
    new = (
        Measure("warmth", "train", "warmth", "{:.1f} K".format, "median"),
        Measure("layers", "cost", "layers", "{}".format),
        Measure("hidden", "train", None, "{}".format, "median"),
    )
    monkeypatch.setattr(results, "MEASURES", (*MEASURES, *new))
    columns = {"warmth": 300.0, "layers": 7, "hidden": "never"}
    networks, arms = (
        results.result_table(NETWORKS.assign(**columns), on_test=False),
        results.arm_table(ARMS.assign(**columns), on_test=False),
    )
    assert [(row["warmth"], row["layers"]) for row in cells(networks)] == [("300.0 K", "7")] * 2
    assert {row["warmth"] for row in cells(arms)} == {"300.0 K"}
    assert "layers" not in arms
    assert "never" not in networks + arms


@pytest.mark.parametrize(("on_test", "said"), [(False, "test accuracy"), (True, "test accuracy (test is validation)")])
def test_accuracy_on_a_split_that_was_watched_is_said_to_be_so(on_test: bool, said: str) -> None:
    """Every table with accuracies says so."""
    for table in (
        results.result_table(NETWORKS, on_test),
        results.relative_table(NETWORKS, DIFFERENCES, on_test),
        results.arm_table(ARMS, on_test),
    ):
        assert f" | {said} |" in table.splitlines()[0]


def test_when_an_accuracy_was_reached_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell is the median over the seeds of the first epoch at a level, and how many reached it if not all did.

    Of Separable's two seeds one has 0.7, so the later one decides that the median is not reached.
    """
    assert results.reached_table(EPOCHS).splitlines()[0].endswith(" | 0.75 | 0.8 | 0.82 | 0.84 |")
    monkeypatch.setattr(results, "SHOWN", 6)
    head, _, regular, separable, *_ = results.reached_table(EPOCHS).splitlines()
    assert head == "| median epoch / time to validation accuracy | 0.6 | 0.7 | 0.75 | 0.8 | 0.82 | 0.84 |"
    assert regular == "| Regular |" + " 1 / 4.50 s |" * 2 + " 1.5 / 6.50 s |" * 4
    assert separable == "| Separable | 1.5 / 3.50 s | not reached (1 of 2) |" + " not reached |" * 4


def curves(*reached: bool) -> pd.DataFrame:
    """Return the epochs of a run for each of `reached`, whose run n has 0.55 in epoch n after 10 n s, or never."""
    return pd.DataFrame(
        [
            {"architecture": "A", "seed": str(run), "epoch": epoch, "seconds": 10.0 * epoch}
            | {"val_accuracy": 0.55 if has and epoch >= run else 0.4}
            for run, has in enumerate(reached, 1)
            for epoch in range(1, 6)
        ]
    )


@pytest.mark.parametrize(
    ("reached", "cell"),
    [
        ((True, True, True), "2 / 20.0 s"),
        ((False, True, True, True, True), "4 / 40.0 s (4 of 5)"),
        ((True, False, True), "3 / 30.0 s (2 of 3)"),
        ((True, False, False), "not reached (1 of 3)"),
        ((True, True, False, False), "not reached (2 of 4)"),
    ],
)
def test_a_run_that_never_reached_a_level_is_later_than_all_others(reached: tuple[bool, ...], cell: str) -> None:
    """The median is over all runs; with four of five it is the third of 2, 3, 4, 5 and never."""
    assert results.reached_table(curves(*reached)).splitlines()[2] == f"| A | {cell} |"


def test_a_count_of_runs_is_explained() -> None:
    """With the first one of the table; without one there is nothing to explain."""
    assert results.reached_table(curves(False, True, True, True, True)).splitlines()[3:] == [
        "",
        "(4 of 5): so many runs reached it. The median counts the others as later than all, so it is *not reached* if"
        " half or more did not.",
    ]
    several = pd.concat([curves(True, True, True), curves(True, False, False).assign(architecture="B")])
    assert results.reached_table(several).splitlines()[-1].startswith("(1 of 3): so many runs reached it.")
    assert len(results.reached_table(curves(True, True, True)).splitlines()) == 3


def test_a_level_in_single_precision_is_reached() -> None:
    """Keras's mean of 384 right of 400 is 0.95999998, which is 0.96; 383 are not."""
    epochs = curves(True).assign(val_accuracy=float(np.float32(384) / np.float32(400)))
    assert epochs["val_accuracy"].max() < 0.96
    assert results.reached_table(epochs).splitlines()[0].endswith("| 0.96 |")
    assert results.reached_table(epochs).splitlines()[-1].endswith("| 1 / 10.0 s |")
    assert results.reached_table(epochs.assign(val_accuracy=383 / 400)).splitlines()[0].endswith("| 0.95 |")


def test_many_seconds_are_written_out() -> None:
    """1,049.6 s are 1,050 s to three digits, and no power of ten."""
    epochs = curves(True).assign(seconds=1049.6)
    assert results.reached_table(epochs).splitlines()[-1] == "| A | 1 / 1,050 s |"


def test_a_level_is_reached_in_the_seconds_that_count() -> None:
    """The epoch is of all runs, the time of those whose times count; without one of these there is none."""
    epochs = curves(True, True, True)
    some = epochs.assign(seconds=epochs["seconds"].where(epochs["seed"] == "3"))
    assert results.reached_table(some).splitlines()[-1] == "| A | 2 / 30.0 s |"
    unfinished = curves(True, True, False)
    some = unfinished.assign(seconds=unfinished["seconds"].where(unfinished["seed"] == "3"))
    assert results.reached_table(some).splitlines()[2] == "| A | 2 (2 of 3) |"


def test_no_level_was_reached() -> None:
    """It says so, without a table that would have no columns."""
    said = results.reached_table(EPOCHS.assign(val_accuracy=0.1))
    assert said == "No run had a validation accuracy of 0.5, the lowest level whose epoch would be shown."


def test_the_probabilities_have_three_scores() -> None:
    table, about = results.probabilities(NETWORKS)
    assert table.splitlines()[2] == "| Regular | 0.7000 | 1.0000 | 1.0000 |"
    assert "15 bins" in about
