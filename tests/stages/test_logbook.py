import json
from pathlib import Path

import pytest

from dscnn.core import files, paths
from dscnn.core.stage import Problem
from dscnn.stages import logbook

ARM = paths.Arm("stripes", "0.5", "Separable", "1")
RESULT = {"weights_sha256": "ab", "environment": {"device": "cpu", "threads": 1}}
HISTORY = "epoch,loss\n1,0.5\n"
READING = {"train_seconds": 2.5, "images_per_second": 100.0, "measured": "2026-01-31"}


@pytest.fixture(autouse=True)
def _trained(folder: Path) -> None:
    files.write_json(ARM.trained_result, RESULT)
    files.write_text(ARM.trained_history, HISTORY)


def test_the_reading_is_joined_with_the_device() -> None:
    """A time without its device and convention is no number; history and result are kept as they are."""
    files.write_json(paths.measured_time(files.sha256(ARM.trained_result)), READING)
    logbook.main(*ARM)
    assert json.loads(ARM.result.read_text()) == RESULT
    assert ARM.history.read_text() == HISTORY
    value = json.loads(ARM.timing.read_text())
    assert {name: value[name] for name in READING} == READING
    assert value["environment"] == {"device": "cpu", "threads": 1}
    assert "monotonic clock" in value["convention"]
    assert value["runs"] == 1


def test_a_reading_of_other_weights_does_not_count() -> None:
    """It is found by the hash of the result, so a result of other weights has none."""
    files.write_json(paths.measured_time(files.sha256(ARM.trained_result)), READING)
    files.write_json(ARM.trained_result, RESULT | {"weights_sha256": "cd"})
    with pytest.raises(Problem, match=r"dvc repro --force --single-item train@stripes-0\.5-Separable-1"):
        logbook.main(*ARM)
    assert not ARM.timing.exists()
