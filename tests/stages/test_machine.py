import json
from pathlib import Path

from dscnn.core import device
from dscnn.experiment import params
from tiny import ran


def test_main_writes_what_computes_here(folder: Path) -> None:
    """The file has what decides timings, and another process finds the same."""
    done = ran("stages.machine")
    assert done.returncode == 0, done.stderr
    found = json.loads((folder / "data/machine.json").read_text())
    assert (found["device"], found["threads"], found["precision"]) == ("cpu", 1, "float32")
    assert found["processor"]
    assert found["tensorflow"]
    assert found == device.provenance(params.load().compute)
