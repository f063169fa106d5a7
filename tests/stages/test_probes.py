import json
from pathlib import Path
from typing import Any

import pytest

from dscnn.core import device, files
from dscnn.core.stage import Problem
from dscnn.experiment import params
from dscnn.stages import probes
from dscnn.timing import probed
from probed import PROBED

pytestmark = pytest.mark.usefixtures("unconfigured")


def test_main_times_every_probe_and_says_where_and_how(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Environment, rounds, batch size and convention are beside the times, here made by hand."""
    settings = params.load()
    times = {name: PROBED[name] for name in ("load", "probes")}

    def measured(networks: Any, held_out: set[Any], timed: Any, say: Any) -> dict[str, Any]:
        found = [(name, len(model.network.layers), batch.images.shape) for name, model, batch in networks]
        assert [(name, shape) for name, _, shape in found] == [
            ("11x11 8-8-8 conv+conv", (16, 11, 11, 1)),
            ("11x11 8-8-8 separable+separable", (16, 11, 11, 1)),
        ]
        assert (4, 4, 4, "Conv2D") in {each[:4] for each in held_out}, "the second block's, of 8 x 8 images"
        assert timed == settings.probes
        return times

    monkeypatch.setattr(probed, "measured", measured)
    environment = device.provenance(settings.compute)
    files.write_json(device.MACHINE, environment)
    probes.main("stripes", "0.5")
    record = json.loads((folder / "metrics/probes/stripes/0.5.json").read_text())
    assert {name: record.pop(name) for name in times} == times
    assert "metrics/benchmark" in record.pop("convention")
    assert record == {"environment": environment, "batch_size": 16, "rounds": 2, "round_seconds": 0.001}
    assert capsys.readouterr().out == "5 layers of 2 probes\n"


def test_no_sizes_make_an_empty_record(
    folder: Path, source: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`probes.sizes: 0` switches the prediction off, and nothing is timed."""
    settings = params.check(source | {"probes": {"sizes": 0, "rounds": 2, "round_seconds": 0.001}})
    monkeypatch.setattr(params, "load", lambda: settings)
    files.write_json(device.MACHINE, device.provenance(settings.compute))
    probes.main("stripes", "0.5")
    assert json.loads((folder / "metrics/probes/stripes/0.5.json").read_text())["probes"] == {}
    assert capsys.readouterr().out == "0 layers of 0 probes\n"


@pytest.mark.usefixtures("folder")
def test_without_the_machines_facts_it_says_what_is_missing() -> None:
    """Nothing is timed for a machine that is not known."""
    with pytest.raises(Problem, match=r"^data/machine\.json is missing"):
        probes.main("stripes", "0.5")
