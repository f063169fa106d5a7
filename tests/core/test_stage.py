import errno
import sys
from collections.abc import Callable

import pytest

from dscnn.core import stage


def started(monkeypatch: pytest.MonkeyPatch, main: Callable[..., None], *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["stage", *words])
    stage.run(main)


def test_words_reach_the_parameters_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function gets the words of the command line."""
    seen = []

    def main(dataset: str, width: str) -> None:
        seen.append((dataset, width))

    started(monkeypatch, main, "mnist", "0.5")
    assert seen == [("mnist", "0.5")]


@pytest.mark.parametrize("words", [(), ("mnist", "surplus")])
def test_too_few_or_too_many_words_are_an_error(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    """The exit code 2 is argparse's own."""

    def main(dataset: str) -> None:
        raise AssertionError("must not start")

    with pytest.raises(SystemExit) as end:
        started(monkeypatch, main, *words)
    assert end.value.code == 2


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (stage.Problem("train.epochs: 0 is too few"), "error: train.epochs: 0 is too few"),
        (OSError(errno.ENOSPC, "No space left", "models/1.npz"), "error: models/1.npz: No space left"),
        (OSError(errno.EIO, "Input/output error"), "error: a file: Input/output error"),
        (MemoryError("Unable to allocate 9 GiB"), "error: not enough memory (Unable to allocate 9 GiB)"),
        (KeyboardInterrupt(), "stopped"),
        (
            stage.Problem("a\x1b[2Jb:\n  \x9b1m"),
            "error: a\N{REPLACEMENT CHARACTER}[2Jb:\n  \N{REPLACEMENT CHARACTER}1m",
        ),
        (OSError(errno.EIO, "no", "\x1b[2J"), "error: \N{REPLACEMENT CHARACTER}[2J: no"),
    ],
    ids=["problem", "full disk", "no name", "memory", "Ctrl-C", "steering", "a name that steers"],
)
def test_what_a_person_can_mend_is_one_line(monkeypatch: pytest.MonkeyPatch, error: BaseException, line: str) -> None:
    """The process exits with the line instead of a traceback, so with status 1."""

    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as end:
        started(monkeypatch, main)
    assert end.value.code == line


def test_a_defect_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other error is caught."""

    def main() -> None:
        raise KeyError("epochs")

    with pytest.raises(KeyError):
        started(monkeypatch, main)
