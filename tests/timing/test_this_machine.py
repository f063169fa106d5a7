import sys
from pathlib import Path

import pytest

from dscnn.core import device, files
from dscnn.core.stage import Problem
from dscnn.experiment import params
from dscnn.timing import this_machine


@pytest.mark.usefixtures("folder")
def test_it_is_set_up_before_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stage machine wrote is what this process finds."""
    compute = params.load().compute
    order: list[str] = []
    monkeypatch.setattr(device, "configure", lambda own: order.append("configured"))
    monkeypatch.setattr(device, "provenance", lambda own: order.append("seen") or {"device": "this one"})
    files.write_json(device.MACHINE, {"device": "this one"})
    assert this_machine.configured(compute) == {"device": "this one"}
    assert order == ["configured", "seen"]


def test_another_machine_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the file, or the command that writes it anew."""
    monkeypatch.setattr(device, "configure", lambda compute: None)
    compute = params.load(folder / "params.yaml").compute
    with pytest.raises(Problem, match=r"^data/machine\.json is missing"):
        this_machine.configured(compute)
    files.write_json(device.MACHINE, {"device": "another"})
    with pytest.raises(Problem, match="is of another machine or another installation than this one: 'dvc repro --f"):
        this_machine.configured(compute)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("changed", ["processor", "tensorflow", "python"])
def test_what_stage_machine_noted_is_of_this_installation(changed: str) -> None:
    """Threads and precision are of a stage's own; the versions are not."""
    compute = params.load().compute
    noted = device.provenance(compute) | {"threads": 64, "precision": "bfloat16", "device": "a GPU"}
    files.write_json(device.MACHINE, noted)
    assert this_machine.noted() == noted
    files.write_json(device.MACHINE, noted | {changed: "another"})
    with pytest.raises(Problem, match="is of another machine or another installation than this one"):
        this_machine.noted()


def test_a_record_begins_with_how_it_was_made() -> None:
    """In the order in which a person reads it."""
    timed = params.Probes(sizes=1, rounds=3, round_seconds=0.5)
    record = this_machine.record("seconds", {"device": "cpu"}, timed, batch_size=4)
    assert [*record.items()] == [
        ("convention", "seconds"), ("environment", {"device": "cpu"}), ("batch_size", 4), ("rounds", 3),
        ("round_seconds", 0.5),
    ]  # fmt: skip


@pytest.mark.parametrize("terminal", [True, False])
def test_only_a_terminal_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: bool
) -> None:
    """A shorter line covers the longer one before."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    this_machine.say("a long line")
    this_machine.say("short")
    said = capsys.readouterr().err
    assert said == (f"\r{'a long line':<90}\r{'short':<90}" if terminal else "")
