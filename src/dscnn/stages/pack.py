"""Stage pack@D: the user's own folder of images as one archive, of which DVC keeps every version."""

from pathlib import Path

from dscnn.core.stage import run
from dscnn.data.entry import packed
from dscnn.data.packing import pack
from dscnn.experiment import params


def main(dataset: str) -> None:
    """Pack the folder that `folders` names for `dataset`."""
    folder = Path(params.load().folders[dataset])
    print(f"{folder}: {pack(folder, packed(dataset))} files packed")


if __name__ == "__main__":
    run(main)
