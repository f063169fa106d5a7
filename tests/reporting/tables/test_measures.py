import pytest

from dscnn.reporting.tables.measures import MEASURES, Measure


@pytest.mark.parametrize(
    ("decimals", "value", "kept"),
    [
        (None, 0.00123456, 0.001235),
        (None, 123.456, 123.5),
        (4, 0.00123456, 0.0012),
        (4, 0.97654, 0.9765),
        (0, 151_594.0, 151_594),
        (0, 9.6, 10),
    ],
)
def test_a_file_keeps_the_digits_that_a_measure_names(decimals: int | None, value: float, kept: float) -> None:
    """Without a number of decimals it keeps four significant digits, so a short time is not rounded to nothing."""
    found = Measure("x", "train", None, "{}", decimals=decimals).kept(value)
    assert found == kept
    assert isinstance(found, int) == (decimals == 0), "a count has no decimal point"


def test_a_measure_has_a_column_for_itself_and_for_its_extremes() -> None:
    """The columns of the extremes are named after it."""
    assert Measure("x", "train", None, "{}", "median").columns == ["x"]
    assert Measure("x", "train", None, "{}", "median", extremes=True).columns == ["x", "x_min", "x_max"]


def test_a_measure_of_arms_says_how_seeds_are_put_together() -> None:
    """A measure of a network has no seeds."""
    assert Measure("x", "train", None, "{}", "mean").by_seed
    assert not Measure("x", "cost", None, "{}").by_seed


def test_every_measure_has_its_own_name_and_column() -> None:
    """No measure hides another in a table."""
    columns = [column for measure in MEASURES for column in measure.columns]
    assert len(set(columns)) == len(columns)
    headings = [measure.heading for measure in MEASURES if measure.heading]
    assert len(set(headings)) == len(headings)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_a_measure_is_by_seed_when_its_stage_runs_for_each_seed(measure: Measure) -> None:
    """Stages evaluate and train run once for each seed, cost and benchmark once for all; only seeds have extremes."""
    assert measure.by_seed == (measure.stage in ("evaluate", "train"))
    assert measure.by_seed or not measure.extremes


@pytest.mark.parametrize(("rate", "said"), [(12345.6, "12,346"), (99.96, "100"), (0.1236, "0.124")])
def test_a_rate_is_said_however_slow(rate: float, said: str) -> None:
    """A large network on large images makes less than one image a second."""
    (measure,) = (each for each in MEASURES if each.name == "images_per_second")
    assert measure.form(rate) == said
