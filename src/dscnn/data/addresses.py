"""Where files lie: what an address means, whatever its kind."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.request import url2pathname

import fsspec

from dscnn.core.stage import Problem
from dscnn.data import http, waiting


@contextmanager
def opened(address: str, start: int, tag: str | None, size: int, patience: waiting.Patience) -> Iterator[http.Body]:
    """Open the file of `size` bytes at `address` from byte `start` on; see `http.opened` for `tag` and what is raised.

    Addresses are http:// and https://, file://, a path, package:NAME/PATH for a file that ships inside an installed
    Python package, and whatever else fsspec knows (s3://, gs://, ftp://, ...).
    """
    scheme, _, rest = address.partition(":")
    if "::" in address:  # fsspec would write caches, and unpack archives unchecked
        raise Problem(f"{address!r} chains addresses: name the file itself")
    if scheme in ("http", "https"):
        with http.opened(address, start, tag, size, patience) as body:
            yield body
    elif scheme != "file" and rest.startswith("//"):
        with _elsewhere(address, scheme) as file:
            yield http.Body(start, None, _told(file, start))
    else:
        path = _local(scheme, rest, address)
        try:
            file = path.open("rb")
        except OSError as error:
            raise Problem(f"{error.strerror}: {error.filename}") from error
        except ValueError as error:  # a NUL
            raise Problem(f"{address!r} is no path ({error})") from None
        with file:
            yield http.Body(start, None, _told(file, start), again=False)


def _local(scheme: str, rest: str, address: str) -> Path:
    if scheme == "package":
        package, _, path = rest.partition("/")
        if not package.isidentifier():  # to find a.b, Python would run a
            raise Problem(f"{package!r} is no name of a Python package: package:NAME/folder/ has one without dots")
        try:
            spec = importlib.util.find_spec(package)
        except (ImportError, ValueError):
            spec = None
        if spec is None or not spec.submodule_search_locations:
            raise Problem(f"the Python package {package} is not installed")
        return Path(spec.submodule_search_locations[0], path)
    return Path(url2pathname(rest.removeprefix("//"))) if scheme == "file" else Path(address)


@contextmanager
def _elsewhere(address: str, scheme: str) -> Iterator[BinaryIO]:
    try:
        file = fsspec.open(address, "rb").open()
    except ImportError as error:
        raise Problem(f"{scheme}:// needs another package in .venv ({error})") from error
    except (TimeoutError, ConnectionError) as error:
        raise waiting.Interrupted(f"{type(error).__name__}: {error}") from error
    except Exception as error:  # each kind of storage raises its own
        raise Problem(f"{type(error).__name__}: {error}") from error
    with file:
        yield file


def _told(file: BinaryIO, start: int) -> Iterator[bytes]:
    """Yield the bytes of `file` from `start` on; a failure in between is worth another try."""
    try:
        file.seek(start)
        while chunk := file.read(waiting.CHUNK):
            yield chunk
    except Exception as error:  # each kind of storage raises its own
        raise waiting.Interrupted(str(error) or type(error).__name__) from error
