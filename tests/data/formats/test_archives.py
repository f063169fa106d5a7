import bz2
import gzip
import io
import lzma
import pickle
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dscnn.core.stage import Problem
from dscnn.data.formats import archives
from tiny import PEAK_MB, PROJECT, mutated, tar

FILES = {"a/one.txt": b"1" * 700, "a/two.txt": b"", "three.txt": bytes(range(256)) * 9}


def zipped(contents: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return out.getvalue()


def read(path: Path, content: bytes, most: int = 1 << 20) -> dict[str, bytes]:
    path.write_bytes(content)
    found = {}
    for member in archives.members(path, most):
        with archives.readable(path):
            found[member.name] = member.file.read()
    return found


ARCHIVES = {
    "tar": tar(FILES),
    "gz": gzip.compress(tar(FILES)),
    "bz2": bz2.compress(tar(FILES)),
    "xz": lzma.compress(tar(FILES)),
    "zip": zipped(FILES),
}


def test_a_problem_of_an_archive_is_its_path_and_what_is_said() -> None:
    """So that another name can be shown for it, also by another process."""
    problem = archives.ArchiveProblem(Path("a: b.tar"), "a: b.tar is damaged")
    for each in (problem, pickle.loads(pickle.dumps(problem))):
        assert str(each) == "a: b.tar: a: b.tar is damaged"
        assert (each.path, each.said) == (Path("a: b.tar"), "a: b.tar is damaged")


@pytest.mark.parametrize("kind", ARCHIVES)
def test_the_files_of_an_archive_come_back(tmp_path: Path, kind: str) -> None:
    """All files come in their order, whatever the archive is called."""
    found = read(tmp_path / "archive", ARCHIVES[kind])
    assert found == FILES
    sizes = {member.name: member.size for member in archives.members(tmp_path / "archive", 1 << 20)}
    assert sizes == {name: len(content) for name, content in FILES.items()}
    assert list(found) == list(FILES)


def link(kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo("a/link")
    info.type, info.linkname = kind, "/etc/passwd"
    return info


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE],
)
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    """A link, a device or a sparse file is refused and named."""
    with pytest.raises(Problem, match="archive: member 'a/link' is not an ordinary file"):
        read(tmp_path / "archive", tar(FILES, link(kind)))


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    """A member of a zip is a link when its rights say so."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("a/link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(Problem, match="member 'a/link' is not an ordinary file"):
        read(tmp_path / "archive", out.getvalue())


@pytest.mark.parametrize("make", [tar, zipped])
@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x"])
def test_names_that_lead_out_are_refused(tmp_path: Path, make: Any, name: str) -> None:
    """Such a name is refused although nothing is written to disk."""
    with pytest.raises(Problem, match="leads out of the archive"):
        read(tmp_path / "archive", make({name: b"x"}))
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


@pytest.mark.parametrize("name", ["three.txt", "./three.txt", "a/.//one.txt"])
def test_repeated_names_are_refused(tmp_path: Path, name: str) -> None:
    """A name is repeated however it is spelled, and one of the two members would be lost."""
    with pytest.raises(Problem, match="is repeated"):
        read(tmp_path / "archive", tar(FILES, tarfile.TarInfo(name)))


def test_a_backslash_is_refused(tmp_path: Path) -> None:
    """A backslash is refused, because some systems separate folders with it."""
    with pytest.raises(Problem, match="has a backslash in its name"):
        read(tmp_path / "archive", tar({"a\\b": b"x"}))


def test_an_empty_zip_has_no_members(tmp_path: Path) -> None:
    """An empty zip is not damaged."""
    assert read(tmp_path / "archive", zipped({})) == {}


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    """An encrypted zip is refused in zipfile's own words."""
    content = bytearray(ARCHIVES["zip"])
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    with pytest.raises(Problem, match="encrypted"):
        read(tmp_path / "archive", bytes(content))


@pytest.mark.parametrize("pack", [lambda content: content, gzip.compress, lzma.compress])
def test_what_lies_behind_the_end_is_refused(tmp_path: Path, pack: Any) -> None:
    """Zeros behind the end are padding, and all else is refused."""
    assert read(tmp_path / "archive", pack(tar(FILES) + b"\0" * 5000)) == FILES
    with pytest.raises(Problem, match="behind the end"):
        read(tmp_path / "archive", pack(tar(FILES) + b"\0" * 5000 + b"x"))


def test_garbage_behind_the_compressed_stream_is_refused(tmp_path: Path) -> None:
    """The gzip reader looks for another stream there, and finds none."""
    with pytest.raises(Problem, match="damaged"):
        read(tmp_path / "archive", ARCHIVES["gz"] + b"garbage")


def test_a_damaged_header_does_not_end_the_archive_early(tmp_path: Path) -> None:
    """A damaged header is refused, because the members behind it would be lost without a word."""
    content = bytearray(ARCHIVES["tar"])
    content[content.index(b"three.txt") + 2] ^= 1
    with pytest.raises(Problem, match="header"):
        read(tmp_path / "archive", bytes(content))


def test_an_archive_without_its_end_mark_is_refused(tmp_path: Path) -> None:
    """An archive that is cut between two members is refused."""
    content = ARCHIVES["tar"]
    with pytest.raises(Problem, match="header"):
        read(tmp_path / "archive", content[: content.index(b"three.txt")])


@pytest.mark.parametrize("kind", ARCHIVES)
def test_every_truncation_is_noticed(tmp_path: Path, kind: str) -> None:
    """An archive is refused when it is cut at any of 60 places."""
    content = ARCHIVES[kind]
    last = len(content.rstrip(b"\0")) if kind == "tar" else len(content)
    for cut in range(0, last, max(1, last // 60)):
        with pytest.raises(Problem, match="archive: "):
            read(tmp_path / "archive", content[:cut])


@pytest.mark.parametrize("kind", ARCHIVES)
def test_mutated_archives_raise_nothing_else(tmp_path: Path, kind: str) -> None:
    """Each of 300 mutated archives is refused, or is read within the limits."""
    random, refused = np.random.default_rng(2), 0
    for _ in range(300):
        try:
            found = read(tmp_path / "archive", mutated(ARCHIVES[kind], random))
        except Problem:
            refused += 1
        else:
            assert sum(map(len, found.values())) < 1 << 20
    assert refused > 150


def test_an_offset_before_the_start_is_damage(tmp_path: Path) -> None:
    """A zip is damaged when its directory points before its start."""
    content = bytearray(ARCHIVES["zip"])
    place = content.index(b"PK\5\6") + 16
    content[place : place + 4] = (len(content)).to_bytes(4, "little")
    with pytest.raises(Problem, match="archive: damaged"):
        read(tmp_path / "archive", bytes(content))


def test_a_header_of_many_names_is_refused(tmp_path: Path) -> None:
    """A header that holds a name of 128 KiB is refused, because it would be read at once."""
    info = tarfile.TarInfo("x" * (1 << 17))
    with pytest.raises(Problem, match="header of 13"):
        read(tmp_path / "archive", tar(FILES, info))


def test_more_than_the_limit_is_not_unpacked(tmp_path: Path) -> None:
    """The limit counts small members together, and the padding behind the end."""
    small = {f"{i}": b"x" * 5000 for i in range(100)}
    for content in (tar(small), zipped(small), gzip.compress(tar({}) + b"\0" * 500_000)):
        with pytest.raises(Problem, match="unpacks to more than 300000 bytes"):
            read(tmp_path / "archive", content, most=300_000)


def test_a_member_that_says_it_is_huge_is_refused_at_once(tmp_path: Path) -> None:
    """A file, a folder or a link of 10^18 bytes, of which none are there, as the last member or before another."""
    for kind in (tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE):
        info = tarfile.TarInfo("huge")
        info.size, info.type = 10**18, kind
        header = info.tobuf(tarfile.GNU_FORMAT)
        for content in (header, header + tar({"more": b"x"}), gzip.compress(header)):
            with pytest.raises(Problem, match=r"unpacks to more than 1048576 bytes|header of 10{18} bytes"):
                read(tmp_path / "archive", content)


def test_an_array_is_filled_as_far_as_a_file_goes() -> None:
    """An array takes the bytes of a file in their order and leaves what is more than its own."""
    file, array = io.BytesIO(b"123456789"), np.zeros((2, 3), np.uint8)
    assert archives.fill(file, array) == 6
    assert array.tobytes() == b"123456"
    assert archives.fill(file, array) == 3
    assert array.tobytes() == b"789456"


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_no_file_is_longer_than_the_longest(tmp_path: Path, compress: Any) -> None:
    """Zeros are what can be packed best."""
    path, size = tmp_path / "zeros", 46_600_000  # a block of bzip2 holds no more
    path.write_bytes(compress(bytes(size)))
    assert size <= archives.longest(path)
    with archives.opened(path) as file:
        assert len(file.read()) == size


def test_too_little_memory_is_no_damage(tmp_path: Path) -> None:
    """The file may be good; src/dscnn/core/stage.py says what it was."""
    with pytest.raises(MemoryError), archives.readable(tmp_path / "archive"):
        raise MemoryError


MEGABYTE = b"\0" * (1 << 20)


def header_bomb() -> bytes:
    """Return a header of 128 MB, which tarfile would read at once."""
    info = tarfile.TarInfo("long")
    info.type, info.size = tarfile.XHDTYPE, 1 << 27
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as file:
        file.write(info.tobuf(tarfile.PAX_FORMAT))
        for _ in range(128):
            file.write(MEGABYTE)
    return out.getvalue()


def member_bomb() -> bytes:
    """Return a member of 128 MB in a few kilobytes."""
    info = tarfile.TarInfo("huge.bin")
    info.size = 1 << 27
    out = io.BytesIO()
    with lzma.LZMAFile(out, "wb", preset=0) as file:
        file.write(info.tobuf())
        for _ in range(128):
            file.write(MEGABYTE)
    return out.getvalue()


def zip_bomb() -> bytes:
    return zipped({f"{i}.bin": MEGABYTE * 32 for i in range(4)})


@pytest.mark.parametrize("bomb", [header_bomb, member_bomb, zip_bomb])
def test_a_bomb_costs_little_memory(tmp_path: Path, bomb: Any) -> None:
    """The process needs less than 100 MB, imports included, and the bomb is refused at 64 MB."""
    path = tmp_path / "archive"
    path.write_bytes(bomb())
    code = (
        PEAK_MB
        + """
import sys
from pathlib import Path
from dscnn.data.formats import archives
from dscnn.core.stage import Problem
try:
    for member in archives.members(Path(sys.argv[1]), 1 << 26):
        while member.file.read(1 << 16):
            pass
except Problem as problem:
    print(peak_mb(), problem)
"""
    )
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, env={"PYTHONPATH": str(PROJECT / "src")}, capture_output=True, text=True, check=True)
    peak, said = done.stdout.split(" ", 1)
    assert int(peak) < 100
    assert str(path) in said
