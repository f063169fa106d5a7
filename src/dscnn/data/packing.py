"""A folder of images as one archive; the same images give the same bytes."""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from dscnn.core import files
from dscnn.core.stage import Problem


def found(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield the files below `folder` in the order of their paths, hidden ones left out; links are followed.

    Raises `Problem` when a link leads back to a folder that it is in, whose real paths are `above`.
    """
    above |= {folder.resolve()}
    for entry in sorted(folder.iterdir(), key=lambda path: path.name):
        if entry.name.startswith("."):
            continue
        if entry.is_file():
            yield entry
        elif not entry.is_dir():
            raise Problem(f"{entry}: neither a file nor a folder; remove it, or lay the images elsewhere")
        elif entry.resolve() in above:
            raise Problem(f"{entry}: links back to {entry.resolve()}, which it is in")
        else:
            yield from found(entry, above)


def endless(folder: Path) -> Iterator[Path]:
    """Yield pipes, sockets and devices below `folder`, hidden ones too: to read them may never end."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from endless(Path(entry.path))
            elif not (entry.is_file() or entry.is_dir()) and Path(entry.path).exists():
                yield Path(entry.path)


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
