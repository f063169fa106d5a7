from pathlib import Path

import pytest

from dscnn import conditions, files, layout, params, record, report
from dscnn.stage import Problem
from test_report import ARMS, COSTS, EPOCHS, FACTS, NETWORKS

README = f"# Title\n\n{record.START}old\n{record.END}\nafter\n"


def test_the_quotation_has_tables_and_conditions(settings: params.Params) -> None:
    """The title, both tables, and what they hold for; not the single arms."""
    text = record.quote(report.report(settings, ARMS, NETWORKS, EPOCHS, FACTS, COSTS))
    assert text.startswith("\n**stripes, width 0.5**\n\n48 training images")
    assert report.result_table(NETWORKS, "test accuracy") in text
    assert report.relative_table(NETWORKS, "test accuracy") in text
    assert conditions.text(settings, ARMS) in text
    assert "**Separable against Regular.**" in text
    assert "Where the time of a step goes" not in text
    assert "Every arm" not in text
    assert "png" not in text


def test_only_what_is_between_the_marks_is_replaced(settings: params.Params) -> None:
    """And replacing it again changes nothing."""
    text = report.report(settings, ARMS, NETWORKS, EPOCHS, FACTS, COSTS)
    readme = record.quoted(README, text)
    assert readme == f"# Title\n\n{record.START}{record.quote(text)}{record.END}\nafter\n"
    assert record.quoted(readme, text) == readme


@pytest.mark.parametrize("mark", [record.START, record.END])
def test_a_readme_without_a_mark_is_a_problem(settings: params.Params, mark: str) -> None:
    """Rather than a README without its text."""
    with pytest.raises(Problem, match="has lost its marks"):
        record.quoted(README.replace(mark, ""), report.report(settings, ARMS, NETWORKS, EPOCHS, FACTS, COSTS))


def test_main_copies_what_the_report_shows(folder: Path, settings: params.Params) -> None:
    """The figures beside the report, whose links lead to them; the README only for the default experiment."""
    files.write_text(layout.REPORT, report.report(settings, ARMS, NETWORKS, EPOCHS, FACTS, COSTS))
    files.write_json(layout.SUMMARY, {})
    for name in (
        "val_loss",
        "val_accuracy",
        "parameters",
        "train_time",
        "flops",
        "accuracy_by_time",
        "cost_and_time",
        "time_by_kind",
        "samples_stripes",
        "samples_old",
    ):
        files.write_text(layout.figure(name), name)
    files.write_text(record.README, README)
    record.main("mine")
    kept = {path.name for path in (folder / "results/mine").iterdir()}
    assert kept == {"params.yaml", "summary.json", "report.md", "val_loss.png", "val_accuracy.png", "parameters.png",
                    "train_time.png", "flops.png", "accuracy_by_time.png", "samples_stripes.png",
                    "cost_and_time.png", "time_by_kind.png"}  # fmt: skip
    assert "![Train time](train_time.png)" in (folder / "results/mine/report.md").read_text()
    assert record.README.read_text() == README
    files.write_text(Path("presets/quick.yaml"), (folder / "params.yaml").read_text())
    record.main("quick")
    assert record.README.read_text() != README


def test_another_experiment_is_not_recorded_under_a_presets_name(folder: Path) -> None:
    """Nor quoted by the README; another catalogue, a mirror's say, is the same experiment."""
    text = (folder / "params.yaml").read_text()
    files.write_text(Path("presets/quick.yaml"), text.replace("epochs: 1", "epochs: 2"))
    with pytest.raises(Problem, match=r"is not the experiment of presets/quick\.yaml"):
        record.main("quick")
    assert not Path("results").exists()
