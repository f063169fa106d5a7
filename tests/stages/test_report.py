from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import frames
import markup
import tiny
from dscnn.core import files, splits
from dscnn.core.paths import figure, metrics
from dscnn.core.stage import Problem
from dscnn.reporting import page
from dscnn.reporting.figures import catalogue
from dscnn.reporting.figures.style import Looks
from dscnn.reporting.report import PAGE, PATH
from dscnn.reporting.tables import stored
from dscnn.stages import compare, manifest, report


@pytest.fixture
def compared(folder: Path, source: dict[str, Any]) -> Path:
    """The folder of an experiment of which all stages before report have run."""
    tiny.write_yaml(folder / "params.yaml", source | {"seeds": [1, 2, 3]})
    frames.write_all()
    files.write_json(metrics("prepare", "stripes"), frames.FACTS)
    files.write_json(metrics("references"), {"other": frames.REFERENCE})
    manifest.main()
    compare.main()
    return folder


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, pd.DataFrame]]:
    """The tables that figures are drawn from, and then text instead of the figures."""
    seen: list[dict[str, pd.DataFrame]] = []

    def draw_all(tables: dict[str, pd.DataFrame], looks: Looks, on_test: bool) -> list[tuple[str, bytes]]:
        seen.append(tables)
        return [("train_time", b"a picture"), ("flops", b"a picture of the test split" if on_test else b"another")]

    monkeypatch.setattr(catalogue, "draw_all", draw_all)
    monkeypatch.setattr(page, "svgs", lambda *_: ())
    return seen


@pytest.mark.usefixtures("compared")
def test_main_writes_the_report_and_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    """Every picture that the report shows is there, but the samples, which stage prepare draws."""
    report.main()
    text, html = PATH.read_text(), PAGE.read_text()
    for said in ("Seeds 1, 2, 3:", "A fast one", "### stripes, width 0.5", "**Separable against Regular**"):
        assert said in text
    for said in ("2 images in both train and test", "<strong>Separable against Regular</strong>", ">other</h3>",
                 '>unexplained</th>\n<td style="text-align:right">23.0</td>'):  # fmt: skip
        assert said in html
    for name in catalogue.FIGURES:
        assert figure(name).read_bytes().startswith(b"\x89PNG"), name
    assert capsys.readouterr().out == f"{PAGE}, {PATH} and {len(catalogue.FIGURES)} figures in plots/\n"


@pytest.mark.usefixtures("compared")
def test_the_names_of_classes_are_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither HTML nor formulas: in words and drawings they are as in datasets.yaml."""
    monkeypatch.setattr(catalogue, "png", lambda *_: b"the drawings of the page once more")
    classes = ["<img src=x onerror=alert(1)>", "$x^{$", "</svg><script>alert(1)</script>"]
    split = frames.SPLIT | {"classes": dict.fromkeys(classes, 1)}
    files.write_json(
        metrics("prepare", "stripes"), frames.FACTS | {"splits": dict.fromkeys(frames.FACTS["splits"], split)}
    )
    compare.main()
    report.main()
    found = markup.read(PAGE.read_text())
    assert not found.runs
    assert not [text for text in found.texts["script"] if "alert" in text]
    assert {*classes} <= {*found.texts["text"]}, "in an SVG"


@pytest.mark.usefixtures("compared")
def test_names_are_read_as_they_are_spelled(drawn: list[dict[str, pd.DataFrame]]) -> None:
    """An architecture may be called NA or 010, and Python 3.20 is not 3.2."""
    for path in map(stored.table, stored.NAMES):
        files.write_text(path, path.read_text().replace("Separable", "NA").replace("Regular", "010"))
    files.write_text(stored.table("arms"), stored.table("arms").read_text().replace(",3.11,", ",3.20,"))
    report.main()
    (tables,) = drawn
    assert tuple(tables) == stored.NAMES
    assert tables["networks"]["architecture"].tolist() == ["010", "NA"]
    assert tables["arms"]["seed"].tolist() == ["1", "2", "3"] * 2
    text = PATH.read_text()
    assert "**NA against 010**" in text
    assert "Python 3.20," in text
    operations = tables["operations"].set_index(["architecture", "operation"])["roofline_seconds"]
    assert pd.isna(operations["NA", "optimizer"]), "what is no layer has no roofline"


def test_figures_of_the_test_split_are_asked_for_as_such(
    compared: Path, source: dict[str, Any], drawn: list[dict[str, pd.DataFrame]]
) -> None:
    """The validation split is then the test split."""
    report.main()
    assert figure("flops").read_bytes() == b"another"
    tiny.write_yaml(compared / "params.yaml", source | {"seeds": [1, 2, 3], "validation": "test"})
    report.main()
    assert figure("flops").read_bytes() == b"a picture of the test split"
    assert len(drawn) == 2


@pytest.mark.usefixtures("compared", "drawn")
def test_what_is_missing_is_said_first_and_the_rest_is_reported() -> None:
    """An arm without a score, and no times predicted; the page says so too."""
    for name in ("evaluate/stripes/0.5/Separable/2.csv", "probes/stripes/0.5.json"):
        Path("metrics", name).unlink()
    manifest.main()
    compare.main()
    report.main()
    _, first, runs, *_ = PATH.read_text().split("\n\n")
    assert first == "**1 of 6 training runs is missing**: it was not trained or not scored."
    assert runs == "- stripes, width 0.5: Separable seed 2"
    assert "- stage `probes`: metrics/probes/stripes/0.5.json; without it no times are predicted" in PATH.read_text()
    assert "<strong>1 of 6 training runs is missing</strong>" in PAGE.read_text()


@pytest.mark.usefixtures("compared", "drawn")
@pytest.mark.parametrize(
    "path", [metrics("prepare", "stripes"), metrics("references"), splits.path("stripes", "test")], ids=str
)
def test_a_missing_file_is_named(path: Path) -> None:
    """No report is written without it."""
    path.unlink()
    with pytest.raises(Problem, match=f"{path} is missing"):
        report.main()
    assert not PATH.exists()
    assert not PAGE.exists()


@pytest.mark.usefixtures("compared")
def test_an_image_is_the_one_of_the_test_split() -> None:
    """By its number there, whatever rows the table has."""
    table = report.with_pixels(pd.read_csv(stored.table("disagreements")).iloc[2:])
    for row in table.to_dict("records"):
        np.testing.assert_array_equal(row["pixels"], frames.IMAGES[row["image"]])
    assert report.with_pixels(table.iloc[:0]).empty
