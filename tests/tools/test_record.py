import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dscnn.core import files, paths
from dscnn.core.stage import Problem
from dscnn.reporting import report
from dscnn.reporting.tables.stored import table
from dscnn.tools import record, repro
from dscnn.tools.alone import alone

README = f"# Title\n\n{record.START}old\n{record.END}\nafter\n"
NETWORKS = {
    "Regular": {
        "accuracy": 0.9,
        "accuracy_min": 0.875,
        "accuracy_max": 0.925,
        "loss": 0.3,
        "brier": 0.1,
        "calibration_error": 0.01,
        "parameters": 12000,
        "macs": 2_000_000,
        "flops": 4_100_000,
        "train_seconds": 4.0,
        "images_per_second": 1000.0,
        "latency_ms": 0.5,
    },
    "Separable": {
        "accuracy": 0.85,
        "accuracy_min": 0.85,
        "accuracy_max": 0.85,
        "loss": 0.4,
        "brier": 0.1,
        "calibration_error": 0.01,
        "parameters": 3000,
        "macs": 500_000,
        "flops": 1_100_000,
        "train_seconds": 5.0,
        "images_per_second": 800.0,
        "latency_ms": 0.25,
    },
}
TABLES = """\
|  | test accuracy | lowest to highest | parameters | multiply-adds |
| :-- | --: | --: | --: | --: |
| Regular | 0.9000 | 0.8750 to 0.9250 | 12,000 | 2.0 M |
| Separable | 0.8500 | 0.8500 to 0.8500 | 3,000 | 0.5 M |

| against Regular | test accuracy | parameters | multiply-adds | train time |
| :-- | --: | --: | --: | --: |
| Regular | +0.00 points | 1.00x | 1.00x | 1.00x |
| Separable | -5.00 points | 0.25x | 0.25x | 1.25x |"""
SUMMARIZED = {"stripes": {"0.5": NETWORKS}}
REPORT = """# Report

[Page](../plots/report.html#step)

![Train time](../plots/train_time.png)

![Samples](../plots/samples_stripes.png)
"""


@pytest.fixture
def results(folder: Path) -> Path:
    """The tiny experiment, a README, and what a run of it leaves: two figures that the report shows, one of another."""
    for path in record.READMES:
        files.write_text(path, README)
    files.write_text(report.PATH, REPORT)
    files.write_text(report.PAGE, "<p>page</p>")
    not_measured = {"mirror_accuracy": None}
    rows = [
        {"dataset": "stripes", "width": "0.5", "architecture": name} | own | not_measured
        for name, own in NETWORKS.items()
    ]
    files.write_csv(table("networks"), rows)
    for name in ("train_time", "samples_stripes", "samples_old"):
        files.write_text(paths.figure(name), name)
    return folder / "results"


def preset(text: str) -> None:
    """Make `text` the preset quick."""
    files.write_text(Path("presets/quick.yaml"), text)


def test_the_tables_by_hand() -> None:
    """Accuracies with their range, and costs as a fraction of the first network's."""
    assert record.tables(SUMMARIZED) == TABLES


def test_only_what_is_between_the_marks_is_replaced() -> None:
    """Replacing it again changes nothing."""
    readme = record.quoted(README, SUMMARIZED)
    assert readme == f"# Title\n\n{record.START}\n{TABLES}\n\n{record.END}\nafter\n"
    assert record.quoted(readme, SUMMARIZED) == readme


@pytest.mark.parametrize("mark", [record.START, record.END])
def test_a_readme_without_a_mark_is_a_problem(mark: str) -> None:
    """Otherwise it would lose its text."""
    with pytest.raises(Problem, match="has lost its marks"):
        record.quoted(README.replace(mark, ""), SUMMARIZED)


def test_a_record_has_what_the_report_shows(results: Path) -> None:
    """The figures lie beside the report, whose links lead to them."""
    record.keep("mine")
    kept = {path.name: path.read_bytes() for path in (results / "mine").iterdir()}
    assert kept == {
        "params.yaml": Path("params.yaml").read_bytes(),
        "summary.json": json.dumps(SUMMARIZED, indent=2).encode() + b"\n",
        "report.md": REPORT.replace("../plots/", "").encode(),
        "report.html": b"<p>page</p>",
        "train_time.png": b"train_time",
        "samples_stripes.png": b"samples_stripes",
    }


def test_a_second_record_has_no_figure_of_the_first(results: Path) -> None:
    """What its report does not show."""
    record.keep("mine")
    files.write_text(report.PATH, REPORT.replace("![Train time](../plots/train_time.png)\n", ""))
    record.keep("mine")
    assert sorted(path.name for path in (results / "mine").glob("*.png")) == ["samples_stripes.png"]


def test_a_figure_is_kept_whole_or_not_at_all(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full leaves the one of an earlier record."""
    record.keep("mine")
    paths.figure("train_time").write_text("new")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        record.keep("mine")
    assert (results / "mine/train_time.png").read_text() == "train_time"


def test_a_name_that_pandas_takes_for_nothing_is_a_name(results: Path) -> None:
    """Such as NA, of a data set or an architecture."""
    rows = [{"dataset": "NA", "width": "0.5", "architecture": "null", **NETWORKS["Regular"], "mirror_accuracy": None}]
    files.write_csv(table("networks"), rows)
    assert list(record.summary()) == ["NA"]
    assert list(record.summary()["NA"]["0.5"]) == ["null"]


def test_a_page_too_large_for_git_is_not_kept(results: Path) -> None:
    """Nor one of an earlier record; the report says so, and has no link to it."""
    page = "(../plots/report.html"
    text = (
        f"[The page]{page}) has every figure and table. Open it.\n\n![Loss](../plots/val_loss.png)\n\n"
        f"On [the page]{page}#more): details.\n\n- [More]{page}#more)\n"
    )
    files.write_text(report.PATH, text)
    paths.figure("val_loss").write_bytes(b"picture")
    record.keep("mine")
    assert (results / "mine/report.html").exists()
    files.write_text(report.PAGE, "x" * (2 * 1024 * 1024 + 1))
    record.keep("mine")
    assert not (results / "mine/report.html").exists()
    why, *said = (results / "mine/report.md").read_text().split("\n\n")
    assert why == (
        "The page, with every figure and table, is too large for Git. With the params.yaml beside this file, `make"
        " repro` makes it anew."
    )
    assert said == ["![Loss](val_loss.png)", "- More\n"]


@pytest.mark.parametrize(("name", "readme"), [("mine", README), ("quick", README.replace("old", f"\n{TABLES}\n"))])
def test_the_readme_has_the_tables_of_quick_alone(results: Path, name: str, readme: str) -> None:
    """Any other record leaves it as it is."""
    record.keep(name)
    assert [path.read_text() for path in record.READMES] == [readme, readme], "in both languages"


@pytest.mark.parametrize("name", ["mine", "quick", "2026-11-24_mnist", "A", "7"])
def test_a_name_of_a_folder_will_do(folder: Path, name: str) -> None:
    """A preset's too, with folders of one's own, since they change nothing in the experiment."""
    preset((folder / "params.yaml").read_text().replace("folders: {}", "folders: {photos: ../photos}"))
    record.check(name)


def ran_nothing(*_: Any, **__: Any) -> None:
    raise AssertionError("a process was started")


@pytest.mark.parametrize("name", ["", ".", "..", "../../x", "/tmp/x", "a/b", "a b", "a.b", "-x", "_x", "x\n", "é"])
def test_another_name_is_refused_before_anything_runs(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The results would lie elsewhere."""
    monkeypatch.setattr(subprocess, "Popen", ran_nothing)
    with pytest.raises(Problem, match=r"^NAME is '.*', should be letters, digits, - and _, the first a letter"):
        record.main(name)
    assert not Path("results").exists()


@pytest.mark.parametrize(
    ("epochs", "name", "said"),
    [
        ("2", "quick", r"params\.yaml is not the experiment of presets/quick\.yaml: record it under another NAME"),
        ("none", "quick", r"params\.yaml:\n  train\.epochs: "),
        ("none", "mine", r"params\.yaml:\n  train\.epochs: "),
    ],
)
def test_another_experiment_is_refused_before_anything_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, epochs: str, name: str, said: str
) -> None:
    """It is not recorded under a preset's name, and under no name if params.yaml is wrong."""
    text = (folder / "params.yaml").read_text()
    preset(text)
    files.write_text(Path("params.yaml"), text.replace("epochs: 1", f"epochs: {epochs}"))
    monkeypatch.setattr(subprocess, "Popen", ran_nothing)
    with pytest.raises(Problem, match=said):
        record.main(name)
    assert not Path("results").exists()


@pytest.mark.parametrize("status", [0, 1])
def test_results_are_kept_after_a_run_that_succeeds(
    results: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """After one that fails nothing is."""
    commands = []

    def dvc(words: list[str]) -> bool:
        commands.append(words)
        files.write_text(report.PATH, "new")
        return not status

    monkeypatch.setattr(repro, "dvc", dvc)
    monkeypatch.setattr(repro, "report_the_rest", lambda: True)
    keep = record.keep

    def with_no_other(name: str) -> None:
        with pytest.raises(Problem, match="runs here"), alone():
            pytest.fail("another command could change what is kept")
        keep(name)

    monkeypatch.setattr(record, "keep", with_no_other)
    if status:
        with pytest.raises(Problem, match="'dvc repro' failed"):
            record.main("mine")
        assert not results.exists()
    else:
        record.main("mine")
        assert (results / "mine/report.md").read_text() == "new"
    assert commands == [["repro", "--keep-going"]]
