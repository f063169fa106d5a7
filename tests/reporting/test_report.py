import pandas as pd

from dscnn.experiment import params
from dscnn.reporting.figures import catalogue
from dscnn.reporting.report import Tables, report
from dscnn.reporting.sections import conditions, cost, results
from frames import ARMS, DEPLOYED, EPOCHS, LAYERS, NETWORKS, OPERATIONS, RECORDS, RELATIVE, TABLES


def test_the_report_has_its_sections_in_order(settings: params.Params) -> None:
    """Each data set and width has its results and its costs; conditions come first, figures last."""
    text = report(settings, TABLES, RECORDS)
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Separable against regular convolutions",
        "## The answer",
        "## Conditions",
        "## stripes, width 0.5",
        "### Accuracy compared",
        "### Cost explained",
        "### What the installed kernels reach",
        "## Break-even",
        "### Images as in stripes",
        "## Data",
        "### stripes",
        "## Figures",
    ]
    for part in (
        conditions.text(settings, ARMS),
        "48 training images, 30 test images.",
        results.result_table(NETWORKS, on_test=False),
        results.relative_table(NETWORKS, on_test=False),
        results.reached_table(EPOCHS),
        f"Every training run:\n\n{results.arm_table(ARMS, on_test=False)}",
        cost.training_steps(NETWORKS, RELATIVE),
        "**Separable against Regular**",
    ):
        assert f"\n\n{part}" in text
    assert text.endswith(")\n")
    assert "test is validation" not in text


def test_the_report_shows_every_figure_and_the_samples(settings: params.Params) -> None:
    """The links lead from metrics/ to plots/."""
    text = report(settings, TABLES, RECORDS)
    for name in (*catalogue.FIGURES, "samples_stripes"):
        assert f"](../plots/{name}.png)" in text


def test_validation_on_test_is_said_beside_the_numbers(settings: params.Params) -> None:
    """The choice of the reference experiment is said above the results, and in every table with accuracies."""
    text = report(settings.model_copy(update={"validation": "test"}), TABLES, RECORDS)
    assert "**The validation split is the test split** (`validation: test`)" in text
    assert text.count("| test accuracy (test is validation) |") == 3


def test_conversions_and_references_have_their_place(settings: params.Params) -> None:
    """They are shown only if there are any."""
    row = {
        "dataset": "stripes", "width": "0.5", "architecture": "Regular", "seed": "1", "format": "float32",
        "bytes": 100, "accuracy": 0.5, "agreement": 1.0, "lite_latency_ms": 2.0, "lite_latency_ms_low": 1.0,
        "lite_latency_ms_high": 3.0,
    }  # fmt: skip
    own = {
        "step_flops": 1, "step_bytes": 1, "published": {"train_seconds": 2.0},
        "machines": {"GPU": {"roofline_seconds": 1.0, "by_class": {"Dense": 1.0}}},
    }  # fmt: skip
    entry = {"source": "nobody", "steps": 1, "architectures": {"Regular": own}}
    tables = TABLES._replace(deployed=pd.DataFrame([row], columns=DEPLOYED.columns))
    text = report(settings, tables, RECORDS._replace(references={"there": entry}))
    assert text.index("### Cost explained") < text.index("TensorFlow Lite") < text.index("## Published train times")
    assert text.index("### there") < text.index("## Data")
    without = report(settings, TABLES, RECORDS)
    assert "TensorFlow Lite" not in without
    assert "Published" not in without


def test_each_experiment_is_reported_from_its_own_rows(settings: params.Params) -> None:
    """Two widths have a section each, in which the other's numbers are not."""
    twice = Tables(*(pd.concat([table, table.assign(width="1")]) for table in TABLES[:-1]), deployed=DEPLOYED)
    other = twice.arms["width"] == "1"
    arms = twice.arms.assign(train_images=twice.arms["train_images"].mask(other, 480))
    benchmarks = {("stripes", width): RECORDS.benchmarks["stripes", "0.5"] for width in ("0.5", "1")}
    text = report(settings, twice._replace(arms=arms), RECORDS._replace(benchmarks=benchmarks))
    one, two = text.split("## stripes, width ")[1:]
    assert one.startswith("0.5\n\n48 training images")
    assert two.startswith("1\n\n480 training images")
    for each in (one, two):
        assert cost.time_by_operation(OPERATIONS) in each
        assert results.result_table(NETWORKS, on_test=False) in each


def test_the_rows_of_one_experiment() -> None:
    """Every table is cut down to them."""
    twice = Tables(*(pd.concat([table.assign(width="1"), table]) for table in TABLES[:-1]), deployed=DEPLOYED)
    for mine, whole in zip(twice.of("stripes", "0.5"), TABLES, strict=True):
        pd.testing.assert_frame_equal(mine, whole, check_dtype=False)
    assert len(twice.of("other", "0.5").layers) == 0 < len(LAYERS)
