from pathlib import Path

import pytest

from dscnn.core import files
from dscnn.core.stage import Problem
from dscnn.tools import prune, record, repro, share
from dscnn.tools.alone import LOCK, alone

COMMANDS = {
    "repro": repro.main,
    "record": lambda: record.main("mine"),
    "prune": lambda: prune.main("1"),
    "pull": lambda: share.main("pull"),
}


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_beside_another_stops_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """With one line, before it looks at the pipeline; all files stay as they are."""
    part = folder / "metrics/.1.json.part"
    files.write_text(part, "being written")
    opened = "the pipeline was opened"
    monkeypatch.setattr(prune, "Repo", lambda *_, **__: pytest.fail(opened))
    monkeypatch.setattr(share, "Repo", lambda *_, **__: pytest.fail(opened))
    monkeypatch.setattr(repro, "dvc", lambda _: pytest.fail("DVC was started"))
    with files.locked(LOCK, lambda: pytest.fail("it is free")):
        before = contents(folder)
        with pytest.raises(Problem, match=rf"^another '.*{name}'.* runs here: wait for its end, or stop it; "):
            COMMANDS[name]()
        assert contents(folder) == before


@pytest.mark.usefixtures("folder")
def test_after_the_end_of_one_the_next_may_run() -> None:
    """However it ended."""
    for _ in range(2):
        with pytest.raises(OSError, match="disk is full"), alone():
            raise OSError("disk is full")
