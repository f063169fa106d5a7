import json
from pathlib import Path

from conftest import ran
from dscnn import layout


def test_main_writes_what_computes_here(folder: Path) -> None:
    """The same bytes each time, with what decides timings."""
    assert ran("machine").returncode == 0
    first = layout.MACHINE.read_bytes()
    assert ran("machine").returncode == 0
    assert layout.MACHINE.read_bytes() == first
    found = json.loads(first)
    assert (found["device"], found["threads"], found["precision"]) == ("cpu", 1, "float32")
    assert found["processor"]
    assert found["tensorflow"]
