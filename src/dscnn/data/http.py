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
from dscnn.data import session, waiting

HOPELESS = (
    requests.TooManyRedirects,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    urllib3.exceptions.LocationParseError,
)
TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)


class Body(NamedTuple):
    """Bytes from `start` on; `tag` names this version of the file; `again` if more may come another time."""

    start: int
    tag: str | None
    chunks: Iterator[bytes]
    again: bool = True


@contextmanager
def opened(address: str, start: int, tag: str | None, size: int, patience: waiting.Patience) -> Iterator[Body]:
    """Ask for a file of `size` bytes from byte `start` on, if it still is the version that `tag` names.

    The body begins at 0 when the server ignores ranges or has another version (RFC 9110, sections 13.1.5 and 14).
    Raises `waiting.Interrupted` when it is worth another try, `Problem` when it is not.
    """
    headers = {"Accept-Encoding": "identity"}  # the checksum is of the file as it lies there
    if start:
        headers["Range"] = f"bytes={start}-"
        if tag:
            headers["If-Range"] = tag
    try:
        with _answer(address, headers, patience) as response:
            begins = _begins(response, start, size)
            yield Body(begins, _tag(response), waiting.chunks(response.raw, patience))
    except HOPELESS as error:
        raise Problem(_plain(error)) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise Problem(_plain(error)) from error
        raise waiting.Interrupted(_plain(error)) from error


def _answer(address: str, headers: dict[str, str], patience: waiting.Patience) -> requests.Response:
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
        raise waiting.Interrupted(f"no complete answer in {patience.connect + patience.stall:.0f} seconds") from None
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
        raise waiting.Interrupted(said, _seconds(response.headers.get("Retry-After")))
    if status == 416:
        raise waiting.Interrupted(f"{said}: it has no byte {start}")
    if status == 206:
        match = re.fullmatch(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)", response.headers.get("Content-Range", ""))
        if not match:
            raise waiting.Interrupted(f"{said} without a Content-Range")
        if match[2] not in ("*", str(size)):
            raise Problem(f"{match[2]} bytes instead of the {size} in datasets.yaml: another file")
        if int(match[1]) != start:
            raise waiting.Interrupted(f"{said} with bytes from {match[1]} on, asked from {start}")
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


def _plain(error: Exception) -> str:
    """Return the innermost reason of an error, which is the one that a person can use."""
    while error.args and isinstance(error.args[0], Exception):
        error = error.args[0]
    reason = getattr(error, "reason", None)
    if isinstance(reason, Exception):
        return _plain(reason)
    words = [word for word in error.args if isinstance(word, str) and word]  # beside a number, or a connection
    return words[-1] if words else str(error) or type(error).__name__
