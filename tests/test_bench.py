from pathlib import Path

import pytest

from dscnn import bench
from dscnn.stage import Problem

SECONDS = {
    "plain": {"A": [4.0, 8.0, 2.0, 4.0]},
    "dscnn": {"A": [2.0, 2.0, 1.0, 2.0]},
}


def test_the_table_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Medians, the middle half, the median of the rounds' ratios, and the share of the peak."""
    monkeypatch.setattr(bench, "IMAGES", 800)
    rows = bench.table(SECONDS, {"A": 1000}, {"plain": 4e6, "dscnn": 24e6}).splitlines()
    # 200, 100, 400, 200 images/s: 6 x 1000 x 200 of 4e6 FLOP/s; ratios 2, 4, 2, 2
    assert rows[2] == "| plain | A | 200 | 125 to 350 | 1.00x | 30% |"
    assert rows[3] == "| dscnn | A | 400 | 400 to 700 | 2.00x | 10% |"


def test_a_way_that_cannot_train_is_a_problem() -> None:
    """Its process's own words come first."""
    with pytest.raises(Problem, match="the process that trains the way 'unheard-of' ended"):
        bench.Worker("unheard-of", "0.125").__enter__()


def test_the_whole_bench_on_a_sliver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Real processes at a 128th of the width: a row for each way and architecture, and what it holds for."""
    monkeypatch.chdir(bench.params.PATH.resolve().parent)
    monkeypatch.setenv("PYTHONPATH", "src")
    monkeypatch.setattr(bench, "RECORD", tmp_path / "bench.md")
    monkeypatch.setattr(bench, "IMAGES", 512)
    monkeypatch.setattr(bench, "ROUNDS", 2)
    monkeypatch.setattr(bench.importlib.util, "find_spec", lambda _: None)
    bench.main("0.0078125")
    text = bench.RECORD.read_text()
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith(("| plain", "| dscnn"))]
    assert [(row[0], row[1]) for row in rows] == [
        (f"| {way}", name) for way in ("plain", "dscnn") for name in ("RegularConv", "BothConv", "SeparableConv")
    ]
    assert all(float(row[2].replace(",", "")) > 0 for row in rows)
    for said in ("width 0.0078125, batch 256", "GFLOP/s", "TensorFlow 2.", "Medians of 2"):
        assert said in text
