import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dscnn.core import device, files
from dscnn.core.stage import Problem
from dscnn.experiment import params
from dscnn.stages import benchmark
from dscnn.timing import side_by_side
from timed import RECORD

pytestmark = pytest.mark.usefixtures("unconfigured")


def test_main_times_every_architecture_and_says_where_and_how(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Environment, rounds, batch size and convention are beside the times, here made by hand."""
    settings = params.load()
    times = {name: RECORD[name] for name in ("ceilings", "input", "architectures")}
    times["load"] = RECORD["load"]

    def measured(models: dict[str, Any], batch: Any, recipe: Any, timed: Any, threads: int, say: Any) -> dict[str, Any]:
        assert list(models) == ["Regular", "Separable"]
        assert [len(model.layers[0].weights) for model in models.values()] == [28, 34]
        assert all(float(model.optimizer.learning_rate) == 0 for model in models.values())
        assert (batch.images.shape, batch.images.dtype, len(batch.labels)) == ((16, 8, 8, 1), np.uint8, 16)
        assert (recipe, timed, threads) == (settings.recipe, settings.benchmark, device.threads(settings.compute))
        return times

    monkeypatch.setattr(side_by_side, "measured", measured)
    environment = device.provenance(settings.compute)
    files.write_json(device.MACHINE, environment)
    benchmark.main("stripes", "0.5")
    record = json.loads((folder / "metrics/benchmark/stripes/0.5.json").read_text())
    assert {name: record.pop(name) for name in times} == times
    for said in ("monotonic clock", "median", "rounds", "batch_size", "inference_1"):
        assert said in record["convention"]
    del record["convention"]
    assert record == {"environment": environment, "batch_size": 16, "rounds": 5, "round_seconds": 0.001}
    assert capsys.readouterr().out.splitlines() == [
        "Regular: training step 400 ms (360 to 440)",
        "Separable: training step 250 ms (225 to 275)",
        "meanwhile other processes used 0.04 processors",
    ]


@pytest.mark.usefixtures("folder")
def test_without_the_machines_facts_it_says_what_is_missing() -> None:
    """Nothing is timed for a machine that is not known."""
    with pytest.raises(Problem, match=r"^data/machine\.json is missing"):
        benchmark.main("stripes", "0.5")
