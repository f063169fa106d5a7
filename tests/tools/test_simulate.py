import re
from pathlib import Path

import pytest
from distributed.worker import Worker

from dscnn.cluster import worker
from dscnn.core.stage import Problem
from dscnn.tools import simulate


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short arms; what the simulation changes is changed back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(worker, "run", worker.run)
    monkeypatch.setattr(simulate, "MEAN", 0.2)


def test_all_arms_are_done_though_workers_are_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says how long that took, and the least that it could take: the sum of the arms over the workers."""
    lost: list[str] = []
    close = Worker.close

    async def noted(self: Worker, *words: object, **named: object) -> object:
        if "executor_wait" in named:
            lost.append(self.address)
        return await close(self, *words, **named)

    monkeypatch.setattr(Worker, "close", noted)
    simulate.main("20", "2", "2")
    out = capsys.readouterr().out
    assert out.count(" of 20)\n") == 20
    assert len(set(lost)) == 2
    took = re.search(r"^20 arms of 0\.2 s on 2 workers, 2 of which were lost: (\d+) s;$", out, re.MULTILINE)
    least = re.search(r"^without a loss and any delay (\d+) s\.", out, re.MULTILINE)
    assert took
    assert least
    ideal = sum(simulate.seconds(number) for number in range(20)) / 2
    assert int(least[1]) == round(ideal)
    assert int(took[1]) >= int(least[1])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("none", "2", "0"), "ARMS: none, should be a whole number, 1 or more"),
        (("0", "2", "0"), "ARMS: 0, should be"),
        (("10", "-1", "0"), "WORKERS: -1, should be a whole number, 1 or more"),
        (("10", "2", ""), "LOST: , should be a whole number, 0 or more"),
    ],
)
def test_a_wrong_number_is_a_problem(words: tuple[str, str, str], said: str) -> None:
    """By the name of the argument, before any worker is started."""
    with pytest.raises(Problem, match=f"^{said}"):
        simulate.main(*words)


def test_there_may_be_any_number_of_arms() -> None:
    """More than a machine has jobs."""
    assert simulate.count("ARMS", "100000", 1) == 100_000
