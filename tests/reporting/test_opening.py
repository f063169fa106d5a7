import pandas as pd

from dscnn.experiment import params
from dscnn.reporting.opening import opening
from frames import BENCHMARKS, TABLES, source


def test_the_opening_is_the_verdict_of_the_width(settings: params.Params) -> None:
    """A single architecture has none."""
    made = opening(source(settings))
    assert list(made) == ["stripes, width 0.5"]
    assert len(made["stripes, width 0.5"]) == 2
    single = {name: table[table["architecture"] == "Regular"] for name, table in TABLES.items()}
    single["differences"] = TABLES["differences"].iloc[:0]
    assert opening(source(settings, tables=single)) == {}


def test_a_data_set_of_which_nothing_is_there_has_no_opening(settings: params.Params) -> None:
    """It could not be fetched, say; the other one has its own."""
    two = settings.model_copy(update={"datasets": ("dots", *settings.datasets)})
    assert list(opening(source(two))) == ["stripes, width 0.5"]


def test_the_opening_of_several_widths_is_at_equal_cost(settings: params.Params) -> None:
    """If two networks compare there; else each width has its verdict."""
    row = {
        "dataset": "stripes", "cost": "macs", "base": "Regular", "base_width": "1", "architecture": "Separable",
        "at": 1e6, "difference": 0.01, "low": 0.005, "high": 0.015, "p": 0.01, "verdict": "more",
        "within_margin": False, "seeds": 3, "base_seeds": 3,
    }  # fmt: skip
    twice = {name: pd.concat([table, table.assign(width="1")]) for name, table in TABLES.items() if "width" in table}
    both = {("stripes", width): BENCHMARKS["stripes", "0.5"] for width in ("0.5", "1")}
    other = row | {"base": "Separable", "architecture": "Regular"}
    compared = TABLES | twice | {"equal_cost": pd.DataFrame([other, row])}
    made = opening(source(settings, tables=compared, benchmarks=both))
    assert list(made) == ["stripes"]
    assert made["stripes"][0].startswith(
        "- **Separable instead of Regular, at equal cost**: at equal multiply-adds more"
    )
    said = "Times are of A fast one, 2 threads, mixed_bfloat16, those of one image by Keras."
    assert made["stripes"][-1].endswith(said), "of all widths, so said once"
    without = opening(source(settings, tables=TABLES | twice, benchmarks=both))
    assert list(without) == ["stripes, width 0.5", "stripes, width 1"]
    not_the_first = TABLES | twice | {"equal_cost": pd.DataFrame([other])}
    assert opening(source(settings, tables=not_the_first, benchmarks=both)) == without
