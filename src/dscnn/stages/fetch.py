"""Stage fetch@D: the files of a data set, from their addresses to data/raw/D/fetched, verified."""

import os
from pathlib import Path

from dscnn.core import files
from dscnn.core.stage import Problem, run
from dscnn.data.download import MIRROR, fetch
from dscnn.data.entry import fetched
from dscnn.data.formats.image_folder import NoFiles
from dscnn.experiment import datasets


def mirrored(mirror: str, dataset: str) -> list[str]:
    """Return where `mirror` may have the files of `dataset`: in a folder of its name, or in `mirror` itself.

    Raises `Problem` when `mirror` is a path and there is no such folder.
    """
    places = [f"{mirror.rstrip('/')}/{dataset}", mirror]
    if "://" in mirror or mirror.startswith("package:"):
        return places
    if not Path(mirror).is_dir():
        raise Problem(f"{MIRROR}: {mirror} is no folder; unset it, or set it to one that has the files")
    return [place for place in places if Path(place).is_dir()]


def main(dataset: str) -> None:
    """Fetch the files of `dataset`, each verified by size and SHA-256."""
    entry = datasets.entry(dataset)
    folder = fetched(dataset)
    if isinstance(entry.files, NoFiles):  # DVC warns of an empty folder
        files.write_text(folder / "nothing", "The images come from a folder on this machine: stage pack.\n")
        print(f"{dataset}: nothing to fetch")
        return
    mirror = os.environ.get(MIRROR)
    places = [*(mirrored(mirror, dataset) if mirror else []), *entry.addresses]
    folder.mkdir(parents=True, exist_ok=True)
    for _, file in entry.files:
        fetch(file, places, folder / file.name)
        print(f"{file.name}: {file.bytes} bytes, sha256 verified")


if __name__ == "__main__":
    run(main)
