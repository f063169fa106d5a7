import errno
import gc
import multiprocessing
import os
import random
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import filelock
import fsspec
import pytest

from dscnn.core import files
from dscnn.core.stage import Problem
from dscnn.data import waiting
from dscnn.data.download import MIRROR, fetch
from dscnn.data.entry import File
from processes import until
from tiny import PEAK_MB, PROJECT, described

CONTENT = random.Random(0).randbytes(300_000)  # several chunks
HASTY = waiting.Patience(connect=1, stall=0.2, slowest=1000, tries=3, first_wait=0.001, longest_wait=0.05)
FILE = File.model_validate(described("file.gz", CONTENT))
PART = Path(".state/downloads", FILE.sha256)  # where it lies under its checksum


class Server(ThreadingHTTPServer):
    """A server that answers each request in the next of its moods, and stays in the last."""

    daemon_threads = True
    moods: list[str]
    asked: list[tuple[str | None, str | None]]
    left = 0  # how often the client hung up before the end

    def next_mood(self) -> str:
        return self.moods.pop(0) if len(self.moods) > 1 else self.moods[0]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error here."""


class Handler(BaseHTTPRequestHandler):
    """Serve CONTENT in the ways in which servers fail."""

    server: Server

    def do_GET(self) -> None:
        mood, _, detail = self.server.next_mood().partition(" ")
        self.server.asked.append((self.headers["Range"], self.headers["If-Range"]))
        if mood in ("404", "429", "503", "404\x1b[2J", "503\x1b[2J"):
            self.send_response(int(mood[:3]), mood[3:] or None)
            if detail:
                self.send_header("Retry-After", detail)
            self.end_headers()
        elif mood == "headers":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(30):
                self.wfile.write(b"x")
                self.wfile.flush()
                threading.Event().wait(0.1)
        elif mood in ("sizes", "trailers"):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            if mood == "trailers":
                self.wfile.write(f"{len(CONTENT):x}\r\n".encode() + CONTENT + b"\r\n0\r\nX-Long: ")
            try:
                for _ in range(1000):
                    self.wfile.write(b"0")
                    self.wfile.flush()
                    threading.Event().wait(0.02)
            except OSError:
                self.server.left += 1
        elif mood == "loop":
            self.send_response(302)
            self.send_header("Location", "/loop")
            self.end_headers()
        elif mood == "html":
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"<html>please log in</html>")
        else:
            self.body(mood, int(detail) if detail else len(CONTENT))

    def body(self, mood: str, end: int) -> None:
        start = int((self.headers["Range"] or "bytes=0-")[6:-1])
        ranged = start and mood not in ("ignores", "changed") and self.headers["If-Range"] in (None, '"one"')
        start = start if ranged else 0
        content = CONTENT[:7] + b"?" + CONTENT[8:] if mood in ("damaged", "changed") else CONTENT
        if mood == "lies" and ranged:
            content = bytes(len(CONTENT))
        self.send_response(206 if ranged else 200)
        if ranged:
            first = 0 if mood == "misplaced" else start
            self.send_header("Content-Range", f"bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}")
        announced = len(CONTENT) - start + {"longer": 99, "shorter": -99}.get(mood, 0)
        if mood != "unannounced":
            self.send_header("Content-Length", str(announced))
        self.send_header("ETag", '"two"' if mood == "changed" else '"one"')
        self.end_headers()
        if mood == "silent":
            self.wfile.flush()
            threading.Event().wait(0.6)
            return
        if mood == "slow":
            for i in range(start, len(content), 10_000):
                self.wfile.write(content[i : i + 10_000])
                self.wfile.flush()
                threading.Event().wait(0.03)
            return
        self.wfile.write(content[start : max(start, end)])
        if mood == "drips":
            for i in range(end, end + 12):
                self.wfile.write(content[i : i + 1])
                self.wfile.flush()
                threading.Event().wait(0.05)
        if mood == "resets":
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, *words: Any) -> None:
        pass


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and no proxy between it and the loopback server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv(MIRROR, raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    """An HTTP server on the loopback interface."""
    with Server(("127.0.0.1", 0), Handler) as running:
        running.moods, running.asked = ["good"], []
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def at(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}/folder"


def alone(server: Server) -> bool:
    """Whether all have hung up whom it wanted to keep for 20 seconds."""
    gc.collect()  # urllib3 leaves a connection that seems to be at its end to the last reference
    return server.left == len(server.asked)


TARGET = Path("raw/file.gz")


def fetched(server: Server, *moods: str, more: tuple[str, ...] = ()) -> bytes:
    server.moods = list(moods)
    fetch(FILE, [at(server), *more], TARGET, HASTY)
    return TARGET.read_bytes()


@pytest.mark.parametrize("kind", ["path", "file", "http", "memory"])
def test_a_file_arrives_whole(tmp_path: Path, server: Server, kind: str) -> None:
    """A file arrives from a path, from file:// with a space, from an HTTP server and from other storage."""
    place = tmp_path / "the source"
    place.mkdir()
    (place / "file.gz").write_bytes(CONTENT)
    if kind == "memory":
        with fsspec.open("memory://place/file.gz", "wb") as file:
            file.write(CONTENT)
    address = {"path": str(place), "file": place.as_uri(), "http": at(server), "memory": "memory://place"}[kind]
    fetch(FILE, [address], TARGET, HASTY)
    assert TARGET.read_bytes() == CONTENT


def test_an_interrupted_download_goes_on_where_it_ended(server: Server) -> None:
    """The next request has Range, and If-Range so that another version is not appended to the first."""
    assert fetched(server, "cut 100000", "resets 200000", "good") == CONTENT
    assert server.asked[0] == (None, None)
    assert server.asked[1] == ("bytes=100000-", '"one"')
    assert [asked[1] for asked in server.asked[1:]] == ['"one"', '"one"']


def test_a_later_run_goes_on_too_even_elsewhere(server: Server, tmp_path: Path) -> None:
    """What was given up stays, and another address completes it."""
    with pytest.raises(Problem, match="100000 of 300000 bytes are kept"):
        fetched(server, "cut 100000")
    assert not TARGET.exists()
    (tmp_path / "file.gz").write_bytes(b"?" * 100_000 + CONTENT[100_000:])  # only its end is needed
    fetch(FILE, [str(tmp_path)], TARGET, HASTY)
    assert TARGET.read_bytes() == CONTENT


def test_pieces_that_do_not_fit_are_not_tried_again(server: Server) -> None:
    """After wrong bytes for a range, the next requests are for the whole file."""
    assert fetched(server, "cut 90000", "lies", "cut 95000", "lies") == CONTENT
    assert [asked[0] for asked in server.asked] == [None, "bytes=90000-", None, None]


def test_what_is_kept_from_before_is_no_progress(server: Server) -> None:
    """Three tries without a new byte are the last, also when much was there before."""
    with pytest.raises(Problem):
        fetched(server, "cut 90000")
    server.asked.clear()
    with pytest.raises(Problem):
        fetched(server, "cut 90000")
    assert len(server.asked) == HASTY.tries


def test_a_tag_is_for_its_own_address(server: Server) -> None:
    """The tag of one server is not sent to another, which may call the same file otherwise."""
    other = at(server).replace("folder", "other")
    assert fetched(server, *["cut 90000"] * 4, "good", more=(other,)) == CONTENT  # the first brings it further
    assert server.asked[-2:] == [("bytes=90000-", '"one"'), ("bytes=90000-", None)]


def test_a_second_process_waits(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """The second process says that it waits, asks no server meanwhile, and goes on when the first is done."""
    PART.parent.mkdir(parents=True)
    thread = threading.Thread(target=fetched, args=(server, "good"))
    with filelock.FileLock(f"{PART}.lock"):
        thread.start()
        said = ""
        while "waiting for another process" not in said:
            said += capsys.readouterr().err
            assert thread.is_alive()
        assert server.asked == []
    thread.join()
    assert TARGET.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "moods",
    [
        ["cut 90000", "ignores"],
        ["cut 90000", "changed", "good"],
        ["cut 90000", "misplaced", "misplaced", "good"],
        ["cut 90000", "damaged", "good"],
        ["silent", "good"],
        ["drips 1000", "good"],
        ["503", "429 0", "good"],
        ["unannounced"],
        ["unannounced 5000", "good"],
        [f"cut {end}" for end in range(5000, 300_000, 20_000)] + ["good"],
    ],
    ids=lambda moods: moods[-2] if len(moods) > 1 else moods[0],
)
def test_what_a_server_does_wrong_once_is_got_over(server: Server, moods: list[str]) -> None:
    """The right bytes arrive over any number of connections, as long as each brings the file further."""
    assert fetched(server, *moods) == CONTENT


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        ("404", "the server answers 404 Not Found"),
        ("503", "the server answers 503"),
        ("429 3600", "asks to wait 3600 s"),
        ("loop", "redirects"),
        ("html", "a web page instead of the file"),
        ("longer", "300099 bytes instead of the 300000 in datasets.yaml"),
        ("shorter", "299901 bytes instead of"),
        ("damaged", "sha256 [0-9a-f]{64} instead of [0-9a-f]{64}"),
        ("silent", "timed out|nothing of the file in 0.2 seconds"),
        ("drips 10", "46 of 300000 bytes are kept"),
        ("sizes", "nothing of the file in 0.2 seconds"),
        ("resets 10", "reset|10 bytes"),
        ("cut 10", "10 of 300000 bytes are kept|10 bytes read"),
    ],
)
def test_what_a_server_does_wrong_for_good_is_said(server: Server, mood: str, said: str) -> None:
    """After a few tries the error names the address, no file is left, and the next address is asked."""
    with pytest.raises(Problem, match=said) as problem:
        fetched(server, mood)
    assert at(server) in str(problem.value)
    assert not TARGET.exists()
    assert len(server.asked) <= 31 if mood == "loop" else len(server.asked) <= 5
    if mood == "sizes":
        until(lambda: alone(server), 10)
    Path("file.gz").write_bytes(CONTENT)
    assert fetched(server, mood, more=(".",)) == CONTENT


@pytest.mark.parametrize("status", ["404", "503"])
def test_a_servers_words_do_not_steer_the_terminal(
    server: Server, capsys: pytest.CaptureFixture[str], status: str
) -> None:
    """Neither where an address is given up, nor where it is tried again."""
    with pytest.raises(Problem):
        fetched(server, f"{status}\x1b[2J")
    said = capsys.readouterr().err
    assert f"the server answers {status} \N{REPLACEMENT CHARACTER}[2J" in said
    assert "\x1b" not in said


def test_what_follows_a_whole_file_is_not_waited_for(server: Server) -> None:
    """Trailers that come byte by byte: the bytes are there, and right, and the server is left to itself."""
    assert fetched(server, "trailers") == CONTENT
    assert len(server.asked) == 1
    until(lambda: alone(server), 10)


def test_a_slow_address_is_better_than_none(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """It is left for another one, if there is one; the last is waited for."""
    picky = HASTY._replace(slowest=10**9, tries=1)
    Path("file.gz").write_bytes(CONTENT)
    server.moods = ["slow"]
    fetch(FILE, [at(server), "."], TARGET, picky)
    assert "seconds are too slow" in capsys.readouterr().err
    PART.unlink()
    TARGET.unlink()
    server.asked.clear()
    fetch(FILE, ["/no/such", at(server)], TARGET, picky)
    assert TARGET.read_bytes() == CONTENT
    assert len(server.asked) == 1, "without being given up and resumed"


def test_headers_that_do_not_end_are_given_up(server: Server) -> None:
    """A server that sends its headers byte by byte keeps nobody for hours."""
    server.moods = ["headers"]
    with pytest.raises(Problem, match="no complete answer in 1 seconds"):
        fetch(FILE, [at(server)], TARGET, HASTY._replace(tries=1))


def test_whatever_servers_do_the_bytes_are_right_or_there_are_none(server: Server) -> None:
    """Each of 200 random sequences of failures gives the right bytes or an error that names the address."""
    draw, outcomes = random.Random(1), set()
    kinds = ["good", "cut", "resets", "ignores", "changed", "misplaced", "damaged", "unannounced", "longer", "shorter"]
    kinds += ["404", "503", "429 0", "html", "loop"]
    for case in range(200):
        moods = []
        for _ in range(draw.randint(1, 6)):
            kind = draw.choice(kinds)
            plain = kind[0].isdigit() or kind in ("html", "loop", "good")
            moods.append(kind if plain else f"{kind} {draw.randint(0, len(CONTENT))}")
        if draw.random() < 0.5:
            PART.unlink(missing_ok=True)
        TARGET.unlink(missing_ok=True)
        server.moods = list(moods)
        said = ""
        try:
            fetch(FILE, [at(server)], TARGET, HASTY)
        except Problem as problem:
            said = str(problem)
        outcomes.add(bool(said))
        found = TARGET.read_bytes() if TARGET.exists() else None
        assert (found is None and at(server) in said) if said else found == CONTENT, (case, moods)
    assert outcomes == {True, False}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("package:no_such_package/folder", "no_such_package is not installed"),
        ("package:mlxtend/no/such/folder", "No such file"),
        ("/no/such/folder", "No such file"),
        ("http://127.0.0.1:9/folder", "refused"),
        ("ftp://127.0.0.1:9/folder", "refused"),
        ("nosuch://bucket", "nosuch"),
        ("gs://bucket/folder", "gcsfs"),
    ],
)
def test_an_address_that_cannot_be_read_says_why(address: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the address and what is missing, and nothing is written."""
    monkeypatch.setitem(sys.modules, "gcsfs", None)  # what the extra `cloud` installs
    with pytest.raises(Problem) as problem:
        fetch(FILE, [address], TARGET, HASTY)
    assert address in str(problem.value)
    assert said in str(problem.value)
    assert not TARGET.exists()


def test_the_error_says_what_each_address_said(server: Server) -> None:
    """All addresses are named in their order."""
    server.moods = ["404"]
    with pytest.raises(Problem) as problem:
        fetch(FILE, ["/no/such", at(server)], TARGET, HASTY)
    lines = str(problem.value).splitlines()
    assert [line.split(": ")[0].strip() for line in lines[1:]] == ["/no/such/file.gz", f"{at(server)}/file.gz"]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (CONTENT[:-1], "299999 bytes instead of the 300000 in datasets.yaml"),
        (CONTENT + b"\0", "more than the 300000 bytes in datasets.yaml"),
        (b"\1" + CONTENT[1:], "instead of"),
        (b"", "0 bytes instead of"),
    ],
    ids=["short", "long", "changed", "empty"],
)
def test_another_file_never_takes_the_place(found: bytes, said: str) -> None:
    """The old file stays when the new one is cut short, has a surplus or a changed byte."""
    Path("file.gz").write_bytes(found)
    TARGET.parent.mkdir()
    TARGET.write_bytes(b"old")
    with pytest.raises(Problem, match=said):
        fetch(FILE, ["."], TARGET, HASTY)
    assert TARGET.read_bytes() == b"old"
    assert list(TARGET.parent.iterdir()) == [TARGET]


def test_a_file_in_place_is_put_there_again(server: Server) -> None:
    """A second fetch replaces the file and leaves nothing else beside it."""
    for _ in range(2):
        fetched(server, "good")
        assert list(TARGET.parent.iterdir()) == [TARGET]


def test_where_no_link_can_be_made_the_file_is_copied(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """As onto another disk: what is kept stays there, and nothing else is beside the copy."""

    def link(*_: Any) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", link)
    assert fetched(server, "good") == CONTENT
    assert PART.read_bytes() == CONTENT
    assert not TARGET.samefile(PART)
    assert list(TARGET.parent.iterdir()) == [TARGET]


def test_what_is_kept_is_not_asked_for_again(server: Server) -> None:
    """The verified download stays when DVC removes the output before a stage runs."""
    fetched(server, "good")
    TARGET.unlink()
    assert fetched(server, "404") == CONTENT


def test_what_is_kept_but_damaged_is_fetched_again(server: Server) -> None:
    """A verified download that was damaged later, as by a power loss, is fetched again."""
    files.write_text(PART, "x" * len(CONTENT))
    assert fetched(server, "good") == CONTENT


def test_processes_that_fetch_the_same_file_do_not_mix_it(server: Server) -> None:
    """One of four processes fetches the file from a server that cuts it short, and the others wait."""
    server.moods = ["cut 100000", "cut 200000", "good"]
    context = multiprocessing.get_context("spawn")
    patience = HASTY._replace(stall=5)
    processes = [
        context.Process(target=fetch, args=(FILE, [at(server)], Path(f"raw{i}/file.gz"), patience)) for i in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert {Path(f"raw{i}/file.gz").read_bytes() for i in range(4)} == {CONTENT}
    assert len(server.asked) == 3  # one fetched, the others waited


def test_memory_stays_flat(tmp_path: Path) -> None:
    """A file of 100 MB costs the process less than 30 MB more than one of 2 kB."""
    code = (
        PEAK_MB
        + """
import sys
from pathlib import Path
from dscnn.data.download import fetch
from dscnn.data.entry import File
name, size, sha256 = sys.argv[1:]
file = File(name=name, bytes=int(size), sha256=sha256)
fetch(file, ["."], Path("raw", name))
print(peak_mb())
"""
    )
    peaks = []
    for name, size in (("small", 2000), ("large", 100_000_000)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
        words = [name, str(size), files.sha256(tmp_path / name)]
        command = [sys.executable, "-c", code, *words]
        done = subprocess.run(command, env={"PYTHONPATH": str(PROJECT / "src")}, capture_output=True, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] + 30
