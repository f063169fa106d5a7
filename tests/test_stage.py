import errno
import sys
from collections.abc import Callable

import pytest

from dscnn import stage


def started(monkeypatch: pytest.MonkeyPatch, main: Callable[..., None], *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["stage", *words])
    stage.run(main)


def test_words_reach_the_parameters_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage's main gets the words of the command line."""
    seen = []

    def main(dataset: str, width: str) -> None:
        seen.append((dataset, width))

    started(monkeypatch, main, "mnist", "0.5")
    assert seen == [("mnist", "0.5")]


@pytest.mark.parametrize("words", [(), ("mnist", "surplus")])
def test_too_few_or_too_many_words_are_an_error(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    """Argparse's own exit code 2."""

    def main(dataset: str) -> None:
        raise AssertionError("must not start")

    with pytest.raises(SystemExit) as end:
        started(monkeypatch, main, *words)
    assert end.value.code == 2


def test_a_problem_is_one_line_and_not_success(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person can mend has no traceback."""

    def main() -> None:
        raise stage.Problem("train.epochs: 0 is too few")

    with pytest.raises(SystemExit) as end:
        started(monkeypatch, main)
    assert end.value.code == "error: train.epochs: 0 is too few"


def test_a_full_disk_is_one_line_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the operating system names its file."""

    def main() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "models/1.npz")

    with pytest.raises(SystemExit) as end:
        started(monkeypatch, main)
    assert end.value.code == "error: models/1.npz: No space left on device"


def test_a_defect_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is swallowed."""

    def main() -> None:
        raise KeyError("epochs")

    with pytest.raises(KeyError):
        started(monkeypatch, main)
