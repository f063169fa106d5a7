"""A file on an HTTP server, from any byte on: what the server sends, or why it does not."""

import queue
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import requests
import urllib3.exceptions

from dscnn.core.stage import Problem
from dscnn.data import session

CHUNK = 1 << 16
HOPELESS = (
    requests.TooManyRedirects,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    urllib3.exceptions.LocationParseError,
)
TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)


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


class Body(NamedTuple):
    """Bytes from `start` on; `tag` names this version of the file; `again` if more may come another time."""

    start: int
    tag: str | None
    chunks: Iterator[bytes]
    again: bool = True


@contextmanager
def opened(address: str, start: int, tag: str | None, size: int, patience: Patience) -> Iterator[Body]:
    """Ask for a file of `size` bytes from byte `start` on, if it still is the version that `tag` names.

    The body begins at 0 when the server ignores ranges or has another version (RFC 9110, sections 13.1.5 and 14).
    Raises `Interrupted` when it is worth another try, `Problem` when it is not.
    """
    headers = {"Accept-Encoding": "identity"}  # the checksum is of the file as it lies there
    if start:
        headers["Range"] = f"bytes={start}-"
        if tag:
            headers["If-Range"] = tag
    try:
        with _answer(address, headers, patience) as response:
            begins = _begins(response, start, size)
            yield Body(begins, _tag(response), _chunks(response.raw, patience))
    except HOPELESS as error:
        raise Problem(_plain(error)) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise Problem(_plain(error)) from error
        raise Interrupted(_plain(error)) from error


def _answer(address: str, headers: dict[str, str], patience: Patience) -> requests.Response:
    """Return the answer once its headers are there, which a server could send byte by byte for hours."""
    answers: queue.SimpleQueue[requests.Response | Exception] = queue.SimpleQueue()
    given_up = threading.Event()

    def ask() -> None:
        timeouts = (patience.connect, patience.stall)
        try:
            with session.Session() as asked:
                response = asked.get(address, headers=headers, stream=True, timeout=timeouts)
        except Exception as error:
            answers.put(error)
        else:
            answers.put(response)
            if given_up.is_set():
                response.close()

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=patience.connect + patience.stall)
    except queue.Empty:
        given_up.set()
        raise Interrupted(f"no complete answer in {patience.connect + patience.stall:.0f} seconds") from None
    if isinstance(answer, ValueError) and not isinstance(answer, requests.RequestException):
        raise Problem(f"the server sends on to what is no address ({answer})") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _begins(response: requests.Response, start: int, size: int) -> int:
    """Return the byte that the body begins with, or raise what the answer means."""
    status = response.status_code
    said = f"the server answers {status} {response.reason or ''}".rstrip()
    if status in TRY_AGAIN:
        raise Interrupted(said, _seconds(response.headers.get("Retry-After")))
    if status == 416:
        raise Interrupted(f"{said}: it has no byte {start}")
    if status == 206:
        match = re.fullmatch(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)", response.headers.get("Content-Range", ""))
        if not match:
            raise Interrupted(f"{said} without a Content-Range")
        if match[2] not in ("*", str(size)):
            raise Problem(f"{match[2]} bytes instead of the {size} in datasets.yaml: another file")
        if int(match[1]) != start:
            raise Interrupted(f"{said} with bytes from {match[1]} on, asked from {start}")
        return start
    if status != 200:
        raise Problem(said)
    length = response.headers.get("Content-Length")
    if response.headers.get("Content-Type", "").startswith("text/html") and length != str(size):
        raise Problem("a web page instead of the file: a login or error page, or the file has moved")
    if length is not None and length != str(size) and "Transfer-Encoding" not in response.headers:
        raise Problem(f"{length} bytes instead of the {size} in datasets.yaml: another file")
    return 0


def _tag(response: requests.Response) -> str | None:
    """Return what If-Range takes: a strong ETag, or else the date of the last change."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified")


def _seconds(retry_after: str | None) -> float | None:
    """Return the seconds of a Retry-After header, a number or a date; None when it says neither."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(int(retry_after)))
    except (ValueError, OverflowError):
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _chunks(raw: urllib3.BaseHTTPResponse, patience: Patience) -> Iterator[bytes]:
    """Yield the body as it arrives; a server that sends next to nothing is as good as one that sends nothing."""
    since, came = time.monotonic(), 0
    with _arriving(raw) as chunks:
        while True:
            try:
                chunk = chunks.get(timeout=patience.stall)
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


def _plain(error: Exception) -> str:
    """Return the innermost reason of an error, which is the one that a person can use."""
    while error.args and isinstance(error.args[0], Exception):
        error = error.args[0]
    reason = getattr(error, "reason", None)
    if isinstance(reason, Exception):
        return _plain(reason)
    words = [word for word in error.args if isinstance(word, str) and word]  # beside a number, or a connection
    return words[-1] if words else str(error) or type(error).__name__
