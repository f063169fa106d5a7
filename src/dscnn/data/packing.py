"""A folder of images as one archive; the same images give the same bytes."""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from dscnn.core import files
from dscnn.core.stage import Problem

LINKED = "a link to a folder, whose changes DVC does not see: name that folder in `folders`, or copy it"


def found(folder: Path) -> Iterator[Path]:
    """Yield the files below `folder` in the order of their paths, hidden ones left out; links to files are followed.

    Raises `Problem` for what is no file, and for a link to a folder.
    """
    for entry in sorted(folder.iterdir(), key=lambda path: path.name):
        if entry.name.startswith("."):
            continue
        if entry.is_file():
            yield entry
        elif not entry.is_dir():
            raise Problem(f"{entry}: neither a file nor a folder; remove it, or lay the images elsewhere")
        elif entry.is_symlink():
            raise Problem(f"{entry}: {LINKED}")
        else:
            yield from found(entry)


def unfit(folder: Path) -> Iterator[str]:
    """Yield a sentence for each thing below `folder` that DVC cannot read or follow, hidden ones too."""
    with os.scandir(folder) as entries:
        inside = sorted(entries, key=lambda entry: entry.name)
    for entry in inside:
        path = Path(entry.path)  # unlike `entry`, it takes a link in a circle for one to nothing
        if not _utf8(entry.name):
            yield f"{entry.path!r} has a name that is not UTF-8: rename it"
        if entry.is_dir(follow_symlinks=False):
            yield from unfit(path)
        elif entry.is_file(follow_symlinks=False):
            continue
        elif path.is_dir():
            if not entry.name.startswith("."):  # stage pack leaves that out
                yield f"{path} is {LINKED}"
        elif path.exists() and not path.is_file():  # a pipe, a socket or a device
            yield f"{path} is no file, and reading it may never end"


def _utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def pack(folder: Path, target: Path) -> int:
    """Write the files below `folder` to the tar archive `target`; return their number.

    Names, order and contents only: no dates, owners or rights, so the same images give the same bytes.
    """
    if not folder.is_dir():
        raise Problem(f"{folder}: {'not a folder' if folder.exists() else 'no such folder'}; set its path in `folders`")
    count = 0
    with files.whole(target) as out, tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in found(folder):
            with path.open("rb") as file:
                info = tarfile.TarInfo(path.relative_to(folder).as_posix())
                info.size = os.fstat(file.fileno()).st_size
                archive.addfile(info, file)
            count += 1
    return count
