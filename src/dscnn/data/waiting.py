"""How long a server is waited for: a connection may stall, or bring next to nothing, and is given up."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import urllib3

CHUNK = 1 << 16


class Interrupted(Exception):
    """What may go better the next time; `wait` is how many seconds the server asked to be left alone."""

    def __init__(self, said: str, wait: float | None = None) -> None:
        super().__init__(said)
        self.wait = wait


class Patience(NamedTuple):
    """When a connection is given up, in seconds, and bytes a second over `stall`; and how often one is tried again."""

    connect: float = 10
    stall: float = 30
    slowest: float = 1000
    tries: int = 5  # without progress
    first_wait: float = 1
    longest_wait: float = 120


PATIENT = Patience()


def chunks(raw: urllib3.BaseHTTPResponse, patience: Patience) -> Iterator[bytes]:
    """Yield the body as it arrives; a server that sends next to nothing is as good as one that sends nothing."""
    since, came = time.monotonic(), 0
    with _arriving(raw) as arrived:
        while True:
            try:
                chunk = arrived.get(timeout=patience.stall)
            except queue.Empty:  # not one byte of the file, though perhaps of what is around it
                raise Interrupted(f"nothing of the file in {patience.stall:g} seconds") from None
            if isinstance(chunk, Exception):
                raise chunk
            if not chunk:
                return
            yield chunk
            came += len(chunk)
            passed = time.monotonic() - since
            if passed > patience.stall:
                if came < patience.slowest * passed:
                    raise Interrupted(f"{came} bytes in {passed:.0f} seconds are too slow")
                since, came = time.monotonic(), 0


@contextmanager
def _arriving(raw: urllib3.BaseHTTPResponse) -> Iterator["queue.Queue[bytes | Exception]"]:
    """Read in a thread, since the sizes of chunks and trailers could come byte by byte for hours; b"" is the end."""
    arrived: queue.Queue[bytes | Exception] = queue.Queue(8)
    given_up = threading.Event()

    def put(what: bytes | Exception) -> None:
        while not given_up.is_set():
            try:
                return arrived.put(what, timeout=1)
            except queue.Full:
                continue

    def read() -> None:
        try:
            while not given_up.is_set() and (chunk := raw.read1(CHUNK, decode_content=False)):
                put(chunk)
            put(b"")
        except Exception as error:
            put(error)

    threading.Thread(target=read, daemon=True).start()
    try:
        yield arrived
    finally:
        given_up.set()
        # else closing the answer would wait for the thread, and that for the server
        with suppress(OSError, RuntimeError, ValueError):  # it has come to its end
            raw.shutdown()
