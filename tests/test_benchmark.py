import json
from pathlib import Path
from typing import Any

import pytest

from conftest import ran
from dscnn import benchmark, ceilings, files, layout, params, roofline

THREE = params.Benchmark(rounds=3, round_seconds=0.1)


def test_a_summary_is_median_and_extremes() -> None:
    """Four digits; the spread is of the extremes."""
    timing = benchmark.summary([0.0123456, 0.01, 0.02])
    assert timing == {"median": 0.01235, "low": 0.01, "high": 0.02}
    assert benchmark.spread({"median": 2.0, "low": 1.5, "high": 2.5}) == 0.5


def test_calls_are_interleaved_and_the_first_round_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other in each round."""
    order: list[str] = []
    monkeypatch.setattr(ceilings, "once", lambda call, least: call())

    def call(name: str) -> float:
        order.append(name)
        return 100.0 if len(order) < 3 else float(len(order))

    times = benchmark.interleaved({"a": lambda: call("a"), "b": lambda: call("b")}, THREE, lambda text: None)
    assert order == ["a", "b"] * 4
    assert times == {"a": [3, 5, 7], "b": [4, 6, 8]}


@pytest.mark.parametrize(("each", "copies"), [(1.0, 8), (100.0, 5), (1000.0, 1)])
def test_a_short_part_is_timed_in_copies(monkeypatch: pytest.MonkeyPatch, each: float, copies: int) -> None:
    """A call takes 10 of its own: copies make it a fiftieth, but no more than eight; a long part is one a call."""
    monkeypatch.setattr(ceilings, "seconds", lambda call, least: call())
    call, made = benchmark.hiding(lambda copies: lambda: 10 + copies * each, 8, THREE, 10.0)
    assert made == copies
    assert call() == 10 + copies * each
    assert benchmark.hiding(lambda copies: lambda: 10 + copies * each, 1, THREE, 10.0)[1] == 1, "no room for more"


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory, archives: dict[str, object]) -> dict[str, Any]:
    """What the stage writes for the tiny experiment."""
    import yaml

    from conftest import tiny_experiment

    folder = tmp_path_factory.mktemp("benchmark")
    (folder / "params.yaml").write_text(yaml.safe_dump(tiny_experiment(archives), sort_keys=False))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert ran("machine").returncode == 0
        done = ran("benchmark", "stripes", "0.5")
        assert (done.returncode, done.stderr) == (0, "")
        assert "Separable: training step" in done.stdout
        value: dict[str, Any] = json.loads(layout.benchmark("stripes", "0.5").read_text())
    return value


def test_main_times_every_architecture_whole_and_by_layer(record: dict[str, Any]) -> None:
    """Every layer that the counter counts, each with its costs and positive times; shared layers have one time."""
    assert list(record["architectures"]) == ["Regular", "Separable"]
    pools = []
    for own in record["architectures"].values():
        for step in ("training_step", "inference", "inference_1", "optimizer", "loss"):
            assert 0 < own[step]["low"] <= own[step]["median"] <= own[step]["high"]
        rows = {row["name"]: row for row in own["layers"]}
        pools.append(rows["block1_pool"]["training_seconds"])
        assert rows["dense1"]["macs"] == 16 * 4 * 8
        for row in rows.values():
            assert (row["training_seconds"]["median"] > 0) == (row["kind"] != "Flatten"), row["name"]
        assert rows["flatten"]["inference_seconds"]["median"] == 0
    assert pools[0] == pools[1]


def test_main_says_where_and_how(record: dict[str, Any]) -> None:
    """Device, versions, rounds, batch size, convention; ceilings that a roofline can be built from."""
    assert record["environment"]["device"] == "cpu"
    assert (record["rounds"], record["batch_size"]) == (2, 16)
    for said in ("monotonic clock", "median", "rounds", "batch_size", "inference_1"):
        assert said in str(record["convention"])
    reached = roofline.measured(record["machine"])
    assert reached.matrix == reached.vector > 1e6, "float32 on a CPU"
    assert reached.ridge > 0
    assert set(record["noisy"]) <= {f"{name} {step}" for name in ("Regular", "Separable") for step in benchmark.WHOLE}


def test_without_the_machines_facts_it_says_what_is_missing(folder: Path) -> None:
    """Stage machine writes them."""
    done = ran("benchmark", "stripes", "0.5")
    assert done.returncode == 1
    assert done.stderr.startswith("error: data/machine.json")
    files.write_json(layout.MACHINE, {"device": "another"})
    done = ran("benchmark", "stripes", "0.5")
    assert done.returncode == 1
    assert "is of another machine or another installation than this one: 'dvc repro --force" in done.stderr
    assert folder.exists()
