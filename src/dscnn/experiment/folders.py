"""The folders of the user's own images: whether they are there, apart from this project, and as DVC can watch them."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from dscnn.data.entry import packed
from dscnn.data.formats.image_folder import ImageFolder
from dscnn.data.packing import unfit
from dscnn.experiment.datasets import PATH as DATASETS
from dscnn.experiment.datasets import Catalogue
from dscnn.experiment.params import Params

NAMED = 20  # of what is wrong in one folder


def check(params: Params, catalogue: Catalogue) -> Iterator[str]:
    """Yield what is wrong with `folders`, a line each."""
    for name in params.datasets:
        entry = catalogue.get(name)
        if isinstance(entry, ImageFolder) and entry.in_folder and name not in params.folders:
            yield f"folders.{name}: should say where the images lie, since {DATASETS} {name}.files is empty"
    for name, folder in params.folders.items():
        entry = catalogue.get(name)
        if not isinstance(entry, ImageFolder):
            yield f"folders: {name!r} is no data set of format image_folder in {DATASETS}"
        elif not entry.in_folder:
            yield f"folders.{name}: should go, since {DATASETS} {name}.files names an archive of the images"
        else:
            try:
                yield from (f"folders.{name}: {said}" for said in _wrong(name, folder))
            except (OSError, RuntimeError, ValueError) as error:  # a folder that is closed, links in a circle, a NUL
                yield f"folders.{name}: {folder!r} is no path that can be read ({error}); set it to a folder of images"


def _wrong(name: str, folder: str) -> Iterator[str]:
    """Yield what is wrong with the `folder` of the data set `name`."""
    path, here = Path(folder).resolve(), Path.cwd()
    if not path.is_dir():
        hint = "; ~ is not expanded" if folder.startswith("~") else ""
        if not packed(name).exists():
            yield f"{folder} is no folder{hint}, nor is {packed(name)} here, the archive of it"
    elif here.is_relative_to(path) or path.is_relative_to(here / "data"):
        yield f"{folder} holds this project's own files; images lie apart"
    else:  # DVC reads whatever is there
        found = unfit(path)
        yield from islice(found, NAMED)
        if next(found, None):
            yield f"{folder} has more of that kind"
