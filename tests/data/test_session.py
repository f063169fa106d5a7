import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
import requests

from dscnn.data.session import Session


class Handler(BaseHTTPRequestHandler):
    """Send on to where the test says, once, and note the passwords that come."""

    onward: ClassVar[str]
    passwords: ClassVar[list[str | None]]

    def do_GET(self) -> None:
        self.passwords.append(self.headers["Authorization"])
        self.send_response(302 if len(self.passwords) == 1 and self.onward else 200)
        self.send_header("Location", self.onward)
        self.end_headers()

    def log_message(self, *words: Any) -> None:
        pass


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a server on the loopback interface."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    Handler.onward, Handler.passwords = "", []
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def get(address: str) -> requests.Response:
    with Session() as session:
        return session.get(address, timeout=5)


@pytest.mark.parametrize(("host", "kept"), [("127.0.0.1", True), ("localhost", False)])
def test_a_password_in_an_address_is_for_its_server(port: int, host: str, kept: bool) -> None:
    """It is sent there, and nowhere else that it sends on to."""
    Handler.onward = f"http://{host}:{port}/again"
    assert get(f"http://me:secret@127.0.0.1:{port}/").url == Handler.onward
    secret = "Basic bWU6c2VjcmV0"
    assert Handler.passwords == [secret, secret if kept else None]


def test_an_address_without_a_password_sends_none(port: int) -> None:
    """As most are."""
    get(f"http://127.0.0.1:{port}/")
    assert Handler.passwords == [None]


def test_a_proxy_of_the_environment_is_asked(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by any other program."""
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    assert get("http://nowhere.invalid/file").status_code == 200
    assert Handler.passwords == [None]
