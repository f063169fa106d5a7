import io
import threading
import time
from collections.abc import Callable

import pytest
import urllib3

from dscnn.data import waiting

PATIENCE = waiting.Patience(stall=0.5, slowest=1000)


class Drip(io.RawIOBase):
    """A body of `count` bytes that come one by one, each after a wait."""

    def __init__(self, count: int, wait: Callable[[], object]) -> None:
        super().__init__()
        self.left, self.wait = count, wait

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        if not self.left:
            return 0
        self.wait()
        self.left -= 1
        buffer[:1] = b"x"
        return 1


def body(raw: io.BufferedIOBase, **headers: str) -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(raw, headers, preload_content=False)


def dripping(count: int, wait: Callable[[], object]) -> urllib3.HTTPResponse:
    return body(io.BufferedReader(Drip(count, wait)))


def soon() -> None:
    time.sleep(0.06)


def test_a_body_comes_whole_and_in_order() -> None:
    """More of it than the thread may read ahead."""
    content = bytes(range(256)) * 256 * 20
    raw = body(io.BytesIO(content))
    assert b"".join(waiting.chunks(raw, PATIENCE)) == content


def test_a_body_that_brings_nothing_is_given_up() -> None:
    """The server is not waited for, which never sends on."""
    ended = threading.Event()
    with pytest.raises(waiting.Interrupted, match=r"^nothing of the file in 0\.5 seconds$"):
        [*waiting.chunks(dripping(1, ended.wait), PATIENCE)]
    ended.set()


def test_a_body_that_drips_is_given_up_unless_nothing_better_is_there() -> None:
    """`slowest` bytes a second are asked for, over each stretch of `stall` seconds; none with 0."""
    with pytest.raises(waiting.Interrupted, match=r"^\d+ bytes in \d+ seconds are too slow$"):
        [*waiting.chunks(dripping(12, soon), PATIENCE)]
    assert b"".join(waiting.chunks(dripping(12, soon), PATIENCE._replace(slowest=0))) == b"x" * 12


def test_what_goes_wrong_while_reading_is_raised_here() -> None:
    """Though it is read in a thread."""
    raw = body(io.BytesIO(b"1234"), **{"Content-Length": "10"})
    with pytest.raises(urllib3.exceptions.ProtocolError, match="4 bytes read"):
        [*waiting.chunks(raw, PATIENCE)]


def test_a_body_that_is_left_is_not_read_on() -> None:
    """Its thread ends; what waits in its queue is dropped."""
    before = threading.active_count()
    chunks = waiting.chunks(dripping(1000, soon), PATIENCE._replace(stall=5))
    assert next(chunks) == b"x"
    chunks.close()
    until = time.monotonic() + 10
    while threading.active_count() > before:
        assert time.monotonic() < until
        time.sleep(0.05)
