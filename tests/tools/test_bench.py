import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

import tiny
from dscnn.core.stage import Problem
from dscnn.tools import bench

SECONDS = {
    "plain": {"A": [4.0, 8.0, 2.0, 4.0]},
    "plain-untuned": {"A": [3.0, 3.0, 2.0, 3.0]},
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
    """Medians, the interquartile range, the median of the rounds' ratios, and the share of the peak."""
    monkeypatch.setattr(bench, "IMAGES", 800)
    rows = bench.table(SECONDS, {"A": 1000}, {"plain": 4e6, "plain-untuned": 4e6, "dscnn": 24e6}).splitlines()
    # 200, 100, 400, 200 images/s: 6 x 1000 x 200 of 4e6 FLOP/s; ratios 2, 4, 2, 2 and 1.5, 1.5, 2, 1.5
    assert rows[2] == "| plain | A | 200 | 125 to 350 | 1.00x | 0.75x | 30% |"
    assert rows[4] == "| dscnn | A | 400 | 400 to 700 | 2.00x | 1.50x | 10% |"


@pytest.mark.parametrize("width", ["abc", "", "0", "-1", "nan", "inf", "16.5"])
def test_a_wrong_width_is_a_problem(monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    """Before any process starts."""
    monkeypatch.setattr(bench, "Worker", lambda *_: pytest.fail("it was started"))
    with pytest.raises(Problem, match=f"^WIDTH: {width}, should be a number above 0 and up to 16$"):
        bench.main(width)


@pytest.mark.parametrize("width", ["0.125", "1", "16"])
def test_a_width_that_params_yaml_could_have_will_do(width: str) -> None:
    """Nothing is said."""
    bench.check(width)


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
        (f"| {way}", name) for way in ("plain", "plain-untuned", "dscnn") for name in ("Regular", "Separable")
    ]
    assert all(float(row[2].replace(",", "")) > 0 for row in rows)
    for said in ("width 0.5, batch 16, 64 random images", "GFLOP/s", "TensorFlow 2.", "Medians of 2"):
        assert said in text


@pytest.mark.parametrize(
    ("torch", "compiler", "half", "expected"),
    [
        (False, True, True, []),
        (True, False, False, ["torch"]),
        (True, True, False, ["torch", "torch-compiled"]),
        (True, False, True, ["torch", "torch-bfloat16"]),
        (True, True, True, ["torch", "torch-compiled", "torch-bfloat16", "torch-compiled-bfloat16"]),
    ],
)
def test_the_ways_of_pytorch_are_those_that_can_be_had(
    monkeypatch: pytest.MonkeyPatch, torch: bool, compiler: bool, half: bool, expected: list[str]
) -> None:
    """It is no dependency; compiled it needs a compiler, and bfloat16 a processor that has it."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: torch or None)
    monkeypatch.setattr(shutil, "which", lambda name: name if compiler else None)
    monkeypatch.setattr(bench, "bfloat16", lambda: half)
    assert bench.ways() == ["plain", "plain-untuned", "dscnn", *expected]


def test_the_way_of_this_project_keeps_memory_as_its_stages_do(
    preset: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The other ways have what the C library does by itself."""
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "{\\"arenas\\": \\"$MALLOC_ARENA_MAX\\"}"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    for way, arenas in (("plain", ""), ("dscnn", "1")):
        with bench.Worker(way, "0.125") as worker:
            assert worker.facts == {"arenas": arenas}
