import os
import signal

import psutil
import pytest

from dscnn.core.quiet import held_back
from tiny import python


def hold(stream: int, text: str, fails: bool) -> list[psutil.Process]:
    """Write `text` to `stream` while that is held back; return the processes started for it."""
    before = psutil.Process().children(recursive=True)
    with held_back(stream):
        os.write(stream, text.encode())
        started = [process for process in psutil.Process().children(recursive=True) if process not in before]
        if fails:
            raise ValueError("the end")
    return started


@pytest.mark.parametrize("stream", [1, 2])
def test_held_back_text_is_shown_only_if_the_block_fails(stream: int, capfd: pytest.CaptureFixture[str]) -> None:
    """Text of native code counts too, also more of it than a pipe holds."""
    text = "the cause\n" + "x" * 100_000
    hold(stream, text, fails=False)
    os.write(stream, b"between\n")
    assert capfd.readouterr()[stream - 1] == "between\n"
    with pytest.raises(ValueError, match="the end"):
        hold(stream, text, fails=True)
    assert capfd.readouterr()[stream - 1] == text


def test_holding_back_leaves_no_process() -> None:
    """A process that has ended, but was not waited for, would count as well."""
    before = psutil.Process().children(recursive=True)
    (holder,) = hold(2, "text", fails=False)
    assert not psutil.pid_exists(holder.pid)
    with pytest.raises(ValueError, match="the end"):
        hold(2, "text", fails=True)
    assert psutil.Process().children(recursive=True) == before


def test_held_back_text_is_shown_if_the_process_aborts() -> None:
    """A native library ends the process so, and Python has no say in it."""
    done = python(
        "import os\nfrom dscnn.core.quiet import held_back\n"
        "with held_back(1), held_back(2):\n    os.write(1, b'out')\n    os.write(2, b'the cause')\n    os.abort()"
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGABRT, "out", "the cause")
