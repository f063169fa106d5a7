import importlib.util
from pathlib import Path

import pytest

import tiny
from dscnn.core.stage import Problem
from dscnn.tools import bench

SECONDS = {
    "plain": {"A": [4.0, 8.0, 2.0, 4.0]},
    "dscnn": {"A": [2.0, 2.0, 1.0, 2.0]},
}


@pytest.fixture
def preset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A preset with networks of one block, where the bench and its processes look for it."""
    settings = tiny.params()
    settings["network"] |= {"filters": [8], "dense": []}
    tiny.write_yaml(tmp_path / bench.PRESET, settings)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tiny.PROJECT / "src"))


def test_the_table_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Medians, the middle half, the median of the rounds' ratios, and the share of the peak."""
    monkeypatch.setattr(bench, "IMAGES", 800)
    rows = bench.table(SECONDS, {"A": 1000}, {"plain": 4e6, "dscnn": 24e6}).splitlines()
    # 200, 100, 400, 200 images/s: 6 x 1000 x 200 of 4e6 FLOP/s; ratios 2, 4, 2, 2
    assert rows[2] == "| plain | A | 200 | 125 to 350 | 1.00x | 30% |"
    assert rows[3] == "| dscnn | A | 400 | 400 to 700 | 2.00x | 10% |"


def test_a_way_that_cannot_train_is_a_problem(preset: None, capfd: pytest.CaptureFixture[str]) -> None:
    """The words of its own process come first."""
    with pytest.raises(Problem, match="the process that trains the way 'unheard-of' ended"):
        bench.Worker("unheard-of", "0.125").__enter__()
    assert "KeyError: 'unheard-of'" in capfd.readouterr().err


def test_the_whole_bench_on_a_sliver(preset: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real processes give a row for each way and architecture, and what it holds for."""
    monkeypatch.setattr(bench, "IMAGES", 64)
    monkeypatch.setattr(bench, "ROUNDS", 2)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)  # no PyTorch
    bench.main("0.5")
    text = bench.RECORD.read_text()
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith(("| plain", "| dscnn"))]
    assert [(row[0], row[1]) for row in rows] == [
        (f"| {way}", name) for way in ("plain", "dscnn") for name in ("Regular", "Separable")
    ]
    assert all(float(row[2].replace(",", "")) > 0 for row in rows)
    for said in ("width 0.5, batch 16, 64 random images", "GFLOP/s", "TensorFlow 2.", "Medians of 2"):
        assert said in text
