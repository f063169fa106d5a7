"""Archives read as streams: their members' names and bytes, nothing written to disk, with bounded memory and time."""

import bz2
import errno
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, Literal, NamedTuple, Self

import numpy as np

from dscnn.core.stage import Problem

LONG_NAMES = 1 << 16  # bytes of a header that holds names only
SURPLUS = 1 << 24  # bytes that an archive may unpack to beside its images: headers, names of classes, a readme


class ArchiveProblem(Problem):
    """What is wrong with the archive at `path`; the text names it, `said` does not."""

    def __init__(self, path: Path, said: str) -> None:
        super().__init__(path, said)
        self.path, self.said = path, said

    def __str__(self) -> str:
        return f"{self.path}: {self.said}"


class Member(NamedTuple):
    """A file in an archive; `file` is open until the next member is asked for."""

    name: str
    size: int
    file: IO[bytes]


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what the readers of compressed files raise into an `ArchiveProblem` that names the file."""
    try:
        yield
    except (
        EOFError, gzip.BadGzipFile, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile, zlib.error,
        IndexError, NotImplementedError, OverflowError, RuntimeError, UnicodeError, ValueError,
    ) as error:  # fmt: skip
        raise ArchiveProblem(path, f"damaged or of another format ({error})") from None
    except OSError as error:
        if error.errno in (None, errno.EINVAL):  # bz2 says so of damaged data, zipfile of an offset before the start
            raise ArchiveProblem(path, f"damaged or of another format ({error})") from None
        raise


class Limited:
    """A stream that may give `most` bytes and no more."""

    def __init__(self, stream: io.BufferedIOBase, path: Path, most: int) -> None:
        self._stream, self._path, self._most, self.left = stream, path, most, most

    def read(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        self.left -= len(chunk)
        if self.left < 0:
            raise self.more()
        return chunk

    def more(self) -> ArchiveProblem:
        return ArchiveProblem(self._path, f"unpacks to more than {self._most} bytes; no such data set does")


Compression = Literal["gzip", "bzip2", "xz", "none"]
DENSEST = {"gzip": 1 << 11, "bzip2": 1 << 21, "xz": 1 << 13, "none": 1}  # bytes that one can be made of, and some more


def _compression(path: Path) -> Compression:
    with path.open("rb") as file:
        start = file.read(6)
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    if start.startswith(b"BZh"):
        return "bzip2"
    return "xz" if start == b"\xfd7zXZ\0" else "none"


def opened(path: Path) -> io.BufferedIOBase:
    """Open a file, decompressed if it begins as gzip, bzip2 or xz does."""
    match _compression(path):
        case "gzip":
            return gzip.open(path)
        case "bzip2":
            return bz2.open(path)
        case "xz":
            return lzma.open(path)
    return path.open("rb")


def longest(path: Path) -> int:
    """Return how many bytes `opened` can give at most: no room is made for more, whatever a header says."""
    return path.stat().st_size * DENSEST[_compression(path)]


def fill(file: IO[bytes] | io.BufferedIOBase, array: np.ndarray) -> int:
    """Fill `array`, uint8, from `file`; return how many bytes there were."""
    view, filled = memoryview(array.data).cast("B"), 0
    while filled < len(view) and (chunk := file.read(min(1 << 20, len(view) - filled))):
        view[filled : filled + len(chunk)] = chunk
        filled += len(chunk)
    return filled


def members(path: Path, most: int) -> Iterator[Member]:
    """Yield the files in a tar (plain, gz, bz2, xz) or zip archive, in its order; at most `most` bytes are unpacked.

    Raises `ArchiveProblem`, naming the member, for links and devices, names that lead out of the archive, names that
    are repeated, and anything damaged, to the last byte.
    """
    seen: set[str] = set()
    with path.open("rb") as file:
        zipped = file.read(4) in (b"PK\3\4", b"PK\5\6")
    for member in _zip(path, most) if zipped else _tar(path, most):
        pure = PurePosixPath(member.name)
        if pure.is_absolute() or ".." in pure.parts or "\0" in member.name:
            raise ArchiveProblem(path, f"member {member.name!r} leads out of the archive")
        if "\\" in member.name:
            said = f"member {member.name!r} has a backslash in its name, which systems read differently"
            raise ArchiveProblem(path, said)
        if str(pure) in seen:  # a/./b and a//b are a/b too
            raise ArchiveProblem(path, f"member {member.name!r} is repeated")
        seen.add(str(pure))
        yield member


# typeshed lacks EOFHeaderError and TarFile.members, and asks a stream to read from for the methods of writing too
_UNTYPED: Any = tarfile


class _Header(tarfile.TarInfo):
    """A header that is damaged, or holds names of megabytes, is an error: by itself tarfile would stop or swell."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.HeaderError as error:
            if isinstance(error, _UNTYPED.EOFHeaderError):
                raise  # the mark that an archive ends with
            raise ValueError(f"header: {error}") from None

    def _proc_member(self, tarfile_: tarfile.TarFile) -> tarfile.TarInfo:
        if not self.isreg() and self.size > LONG_NAMES:
            raise ValueError(f"header of {self.size} bytes")
        parent: Any = super()  # tarfile's source names this method as the one to override; typeshed leaves it out
        member: tarfile.TarInfo = parent._proc_member(tarfile_)
        return member


def _tar(path: Path, most: int) -> Iterator[Member]:
    with readable(path), opened(path) as stream:
        limited = Limited(stream, path, most)
        with _UNTYPED.open(fileobj=limited, mode="r|", tarinfo=_Header) as archive:
            for info in archive:
                archive.members = []  # it would keep them all
                if info.size > limited.left:
                    raise limited.more()  # at once: tarfile would go through them all
                if info.isdir():
                    continue
                if not info.isreg() or info.issparse():
                    raise ArchiveProblem(path, f"member {info.name!r} is not an ordinary file but a link or a device")
                file = archive.extractfile(info)
                assert file
                yield Member(info.name, info.size, file)
            while rest := archive.fileobj.read(1 << 16):  # to the end, where the compressor's own checksum is
                if rest.strip(b"\0"):
                    raise ArchiveProblem(path, "has more behind the end of the archive")


def _zip(path: Path, most: int) -> Iterator[Member]:
    left = most
    with readable(path), zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            mode = info.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                raise ArchiveProblem(path, f"member {info.filename!r} is not an ordinary file but a link or a device")
            left -= info.file_size
            if left < 0:
                raise ArchiveProblem(path, f"unpacks to more than {most} bytes; no such data set does")
            with archive.open(info) as file:
                yield Member(info.filename, info.file_size, file)
