"""Stage fetch@D: the files of a data set, from their addresses to data/raw/D/fetched, verified."""

import os

from dscnn.core import files
from dscnn.core.stage import run
from dscnn.data.download import MIRROR, fetch
from dscnn.data.entry import fetched
from dscnn.data.formats.image_folder import NoFiles
from dscnn.experiment import datasets


def main(dataset: str) -> None:
    """Fetch the files of `dataset`, each verified by size and SHA-256."""
    entry = datasets.entry(dataset)
    mirror = os.environ.get(MIRROR)
    places = [*([f"{mirror.rstrip('/')}/{dataset}"] if mirror else []), *entry.addresses]
    folder = fetched(dataset)
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(entry.files, NoFiles):  # DVC warns of an empty folder
        files.write_text(folder / "nothing", "The images come from a folder on this machine: stage pack.\n")
        print(f"{dataset}: nothing to fetch")
    for _, file in entry.files:
        fetch(file, places, folder / file.name)
        print(f"{file.name}: {file.bytes} bytes, sha256 verified")


if __name__ == "__main__":
    run(main)
