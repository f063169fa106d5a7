from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import frames
import tiny
from dscnn.core import files
from dscnn.core.paths import figure, metrics
from dscnn.core.stage import Problem
from dscnn.reporting.figures import catalogue
from dscnn.reporting.report import PATH
from dscnn.reporting.tables import paths
from dscnn.stages import compare, report

REFERENCE = {
    "source": "nobody", "steps": 1, "architectures": {
        "Regular": {
            "step_flops": 1, "step_bytes": 1, "published": {"train_seconds": 2.0},
            "machines": {"GPU": {"roofline_seconds": 1.0, "by_class": {"Dense": 1.0}}},
        },
    },
}  # fmt: skip


@pytest.fixture
def compared(folder: Path, source: dict[str, Any]) -> Path:
    """The folder of an experiment of which all stages before report have run."""
    tiny.write_yaml(folder / "params.yaml", source | {"seeds": [1, 2, 3]})
    frames.write_all()
    files.write_json(metrics("prepare", "stripes"), frames.FACTS)
    files.write_json(metrics("references"), {"other": REFERENCE})
    compare.main()
    return folder


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, pd.DataFrame]]:
    """The tables that figures are drawn from, and then text instead of the figures."""
    seen: list[dict[str, pd.DataFrame]] = []

    def draw_all(tables: dict[str, pd.DataFrame], on_test: bool) -> list[tuple[str, bytes]]:
        seen.append(tables)
        return [("train_time", b"a picture"), ("flops", b"a picture of the test split" if on_test else b"another")]

    monkeypatch.setattr(catalogue, "draw_all", draw_all)
    return seen


@pytest.mark.usefixtures("compared")
def test_main_writes_the_report_and_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    """Every picture that the report shows is there, but the samples, which stage prepare draws."""
    report.main()
    text = PATH.read_text()
    for said in ("Seeds 1, 2, 3:", "A fast one", "## stripes, width 0.5", "**Separable against Regular**",
                 "### other", "## Break-even", "2 images in both train and test",
                 "| left over | 23.00 | -7.00 |"):  # fmt: skip
        assert said in text
    for name in catalogue.FIGURES:
        assert figure(name).read_bytes().startswith(b"\x89PNG"), name
    assert capsys.readouterr().out == f"metrics/report.md and {len(catalogue.FIGURES)} figures in plots/\n"


@pytest.mark.usefixtures("compared")
def test_names_are_read_as_they_are_spelled(drawn: list[dict[str, pd.DataFrame]]) -> None:
    """An architecture may be called NA or 010, and Python 3.20 is not 3.2."""
    for path in paths.TABLES:
        files.write_text(path, path.read_text().replace("Separable", "NA").replace("Regular", "010"))
    files.write_text(paths.ARMS, paths.ARMS.read_text().replace(",3.11,", ",3.20,"))
    report.main()
    (tables,) = drawn
    assert list(tables) == [path.stem for path in paths.TABLES]
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
@pytest.mark.parametrize("path", [metrics("prepare", "stripes"), metrics("references")], ids=str)
def test_a_missing_file_is_named(path: Path) -> None:
    """No report is written without it."""
    path.unlink()
    with pytest.raises(Problem, match=f"{path} is missing"):
        report.main()
    assert not PATH.exists()
