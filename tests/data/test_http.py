import re
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
import requests
from urllib3.util import connection

from dscnn.core.stage import Problem
from dscnn.data import http, waiting

PATIENCE = waiting.Patience(connect=1, stall=1)


class Handler(BaseHTTPRequestHandler):
    """Give the one answer that the test sets."""

    answer: ClassVar[tuple[int, dict[str, str], bytes]]
    asked: ClassVar[dict[str, str | None]]
    passwords: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        status, headers, body = self.answer
        type(self).asked = {name: self.headers[name] for name in ("Range", "If-Range", "Accept-Encoding")}
        self.passwords.append(self.headers["Authorization"])
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        pass


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a file of ten bytes on a server on the loopback interface."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/file"
        server.shutdown()
        thread.join()


def asked(address: str, start: int, tag: str | None, *answer: Any) -> tuple[int, str | None, bytes]:
    Handler.answer = answer
    with http.opened(address, start, tag, 10, PATIENCE) as body:
        return body.start, body.tag, b"".join(body.chunks)


def test_a_whole_file(address: str) -> None:
    """The tag is a strong ETag or the date of the last change, but no weak ETag (RFC 9110, 13.1.5)."""
    assert asked(address, 0, None, 200, {"ETag": '"x"'}, b"0123456789") == (0, '"x"', b"0123456789")
    assert Handler.asked == {"Range": None, "If-Range": None, "Accept-Encoding": "identity"}
    date = formatdate(0, usegmt=True)
    assert asked(address, 0, None, 200, {"ETag": 'W/"x"', "Last-Modified": date}, b"")[1] == date
    assert asked(address, 0, None, 200, {"ETag": 'W/"x"'}, b"")[1] is None


def test_the_rest_of_a_file(address: str) -> None:
    """The body begins at the byte that was asked for, or at 0 when the server ignores ranges."""
    headers = {"Content-Range": "bytes 4-9/10", "ETag": '"x"'}
    assert asked(address, 4, '"x"', 206, headers, b"456789") == (4, '"x"', b"456789")
    assert (Handler.asked["Range"], Handler.asked["If-Range"]) == ("bytes=4-", '"x"')
    assert asked(address, 4, None, 200, {}, b"0123456789")[0] == 0
    assert Handler.asked["If-Range"] is None


def test_no_password_of_the_user_is_sent(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of ~/.netrc is for what the user asks for, not for what an entry names or a server sends on to."""
    (tmp_path / ".netrc").write_text(
        "machine 127.0.0.1 login me password secret\nmachine localhost login me password x\n"
    )
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    assert requests.utils.get_netrc_auth(address) == ("me", "secret"), "by itself requests would send it"
    Handler.passwords.clear()
    asked(address, 0, None, 200, {}, b"")
    for place in (address, address.replace("127.0.0.1", "localhost")):
        with pytest.raises(Problem, match="redirects"):
            asked(address, 0, None, 302, {"Location": f"{place}/again"}, b"")
    assert len(Handler.passwords) > 60
    assert {*Handler.passwords} == {None}


def test_compressed_bytes_are_left_as_they_are(address: str) -> None:
    """A .gz file stays compressed when the server calls it gzip-encoded."""
    assert asked(address, 0, None, 200, {"Content-Encoding": "gzip"}, b"\x1f\x8b345")[2] == b"\x1f\x8b345"


@pytest.mark.parametrize(
    ("start", "answer", "error", "said"),
    [
        (0, (404, {}, b""), Problem, "404"),
        (0, (403, {}, b""), Problem, "403"),
        (0, (200, {"Content-Length": "11"}, b"0123456789x"), Problem, "11 bytes instead of the 10"),
        (0, (200, {"Content-Type": "text/html"}, b"<html>"), Problem, "a web page"),
        (4, (206, {"Content-Range": "bytes 4-19/20"}, b""), Problem, "20 bytes instead of the 10"),
        (4, (206, {"Content-Range": "bytes 3-9/10"}, b""), waiting.Interrupted, "bytes from 3 on, asked from 4"),
        (4, (206, {}, b""), waiting.Interrupted, "without a Content-Range"),
        (4, (206, {"Content-Range": f"bytes 4-9/{'9' * 5000}"}, b""), waiting.Interrupted, "without a Content-Range"),
        (4, (206, {"Content-Range": f"bytes {'4' * 5000}-9/10"}, b""), waiting.Interrupted, "without a Content-Range"),
        (0, (302, {"Location": "/\xff\xfe"}, b""), Problem, "sends on to what is no address"),
        (0, (302, {"Location": "http://[::1/x"}, b""), Problem, "sends on to what is no address"),
        (0, (302, {"Location": "http://a\0b/x"}, b""), Problem, r"a.*b"),
        (4, (416, {}, b""), waiting.Interrupted, "no byte 4"),
        (0, (500, {}, b""), waiting.Interrupted, "500"),
        (0, (200, {"Content-Length": "10"}, b"0123"), waiting.Interrupted, "IncompleteRead|4 bytes read"),
    ],
)
def test_what_an_answer_means(
    address: str, start: int, answer: tuple[Any, ...], error: type[Exception], said: str
) -> None:
    """An answer is a `Problem` when another try is of no use, and `Interrupted` when it is."""
    with pytest.raises(error, match=said):
        asked(address, start, None, *answer)


@pytest.mark.parametrize(
    ("kind", "said", "error"),
    [
        (ssl.SSLCertVerificationError, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", Problem),
        (ssl.SSLError, "[SSL: WRONG_VERSION_NUMBER] wrong version number", waiting.Interrupted),
    ],
)
def test_a_certificate_that_does_not_verify_is_a_problem(
    address: str, monkeypatch: pytest.MonkeyPatch, kind: type[ssl.SSLError], said: str, error: type[Exception]
) -> None:
    """In the words of the TLS library; what else goes wrong with TLS may go better the next time."""

    def refuse(*_: object, **__: object) -> None:
        raise kind(1, said)

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", refuse)
    with pytest.raises(error, match=f"^{re.escape(said)}$"):
        asked(address.replace("http:", "https:"), 0, None, 200, {}, b"")


def test_a_server_that_does_not_answer_is_said_to_have_timed_out(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its name; the next try may find it there."""

    def wait(*_: object, **__: object) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr(connection, "create_connection", wait)
    with pytest.raises(waiting.Interrupted, match=r"^Connection to 127\.0\.0\.1 timed out"):
        asked(address, 0, None, 200, {}, b"")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("a date", 100.0),
        ("soon", None),
        ("-5", 0.0),
        ("9" * 400, None),
        ("Sun, 01 Jan 2034 00:00:00 +99999999999999", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(address: str, header: str | None, seconds: float | None) -> None:
    """Retry-After is read as in RFC 9110, 10.2.3, and what is neither is ignored."""
    if header == "a date":
        header = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    with pytest.raises(waiting.Interrupted) as interrupted:
        asked(address, 0, None, 503, {"Retry-After": header} if header else {}, b"")
    assert interrupted.value.wait == pytest.approx(seconds, abs=30 if seconds == 100 else 0)
