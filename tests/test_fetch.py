import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from conftest import PROJECT, described
from dscnn import fetch, params
from dscnn.stage import Problem

CONTENT = bytes(range(256)) * 700  # more than two chunks


def entry(content: bytes = CONTENT) -> params.File:
    return params.File.model_validate(described("file.gz", content))


class Handler(BaseHTTPRequestHandler):
    """Serve CONTENT, or less than it announces, or an error."""

    def do_GET(self) -> None:
        if self.path.startswith("/missing/"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: 1000 if self.path.startswith("/cut/") else None])

    def log_message(self, *words: Any) -> None:
        pass


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loopback server is spoken to directly."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[str]:
    """The address of an HTTP server on the loopback interface."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


@pytest.mark.parametrize("kind", ["path", "file", "http"])
def test_a_file_arrives_whole(tmp_path: Path, server: str, kind: str) -> None:
    """From a path, a file:// address (with a space in it) and an HTTP server."""
    place = tmp_path / "the source"
    place.mkdir()
    (place / "file.gz").write_bytes(CONTENT)
    address = {"path": str(place), "file": place.as_uri(), "http": f"{server}/files/"}[kind]
    target = tmp_path / "raw" / "file.gz"
    fetch.fetch(entry(), [address], target)
    assert target.read_bytes() == CONTENT


def test_a_file_of_an_installed_package() -> None:
    """An address that needs no network."""
    mnist5k = params.load(PROJECT / "presets/quick.yaml").catalogue["mnist5k"]
    (address,) = mnist5k.addresses
    assert sum(map(len, fetch.chunks(address + mnist5k.files.table.name))) == 1106785


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("package:no_such_package/folder", "no_such_package is not installed"),
        ("package:mlxtend/no/such/folder", "No such file"),
        ("/no/such/folder", "No such file"),
        ("http://127.0.0.1:9/folder", "refused"),
        ("ftp://127.0.0.1/folder", "No such file"),
    ],
)
def test_an_address_that_cannot_be_read_says_why(tmp_path: Path, address: str, said: str) -> None:
    """No package, no file, no server: and nothing is written."""
    with pytest.raises(Problem) as problem:
        fetch.fetch(entry(), [address], tmp_path / "file.gz")
    assert address in str(problem.value)
    assert said in str(problem.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (CONTENT[:-1], "179199 bytes instead of the 179200 of the catalogue"),
        (CONTENT + b"\0", "more than the 179200 bytes of the catalogue"),
        (b"\1" + CONTENT[1:], "instead of"),
        (b"", "0 bytes instead of"),
    ],
    ids=["short", "long", "changed", "empty"],
)
def test_another_file_never_takes_the_place(tmp_path: Path, found: bytes, said: str) -> None:
    """Cut short, with surplus, with one byte changed: the file that was there stays."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source/file.gz").write_bytes(found)
    target = tmp_path / "raw" / "file.gz"
    target.parent.mkdir()
    target.write_bytes(b"old")
    with pytest.raises(Problem, match=said):
        fetch.fetch(entry(), [str(tmp_path / "source")], target)
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


def test_a_wrong_checksum_gives_both(tmp_path: Path) -> None:
    """What was found and what the catalogue says, to compare by eye."""
    changed = b"\1" + CONTENT[1:]
    (tmp_path / "file.gz").write_bytes(changed)
    with pytest.raises(Problem) as problem:
        fetch.fetch(entry(), [str(tmp_path)], tmp_path / "target")
    assert entry().sha256 in str(problem.value)
    assert entry(changed).sha256 in str(problem.value)


def test_the_next_address_is_tried(tmp_path: Path, server: str) -> None:
    """A missing page, a body cut short, then a good one; if none is good, each is named."""
    bad = [f"{server}/missing", f"{server}/cut"]
    target = tmp_path / "file.gz"
    fetch.fetch(entry(), [*bad, f"{server}/good"], target)
    assert target.read_bytes() == CONTENT
    with pytest.raises(Problem) as problem:
        fetch.fetch(entry(), bad, target)
    first, missing, cut = str(problem.value).splitlines()
    assert first == "no address has file.gz; put one that does first in the catalogue:"
    assert "/missing/file.gz: 404" in missing
    assert "/cut/file.gz: " in cut


def test_main_fetches_all_files_of_a_data_set(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Into data/raw, under the names of the catalogue."""
    fetch.main("stripes")
    assert len(list((folder / "data/raw/stripes").iterdir())) == 4
    assert capsys.readouterr().out.count("sha256 verified") == 4
