"""Print the catalogue entry of images of one's own; `make entry` does."""

import json
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from dscnn import archives, faults, files, image_folder, pack, params
from dscnn.catalogue import ImageFolder
from dscnn.sections import Name, Section
from dscnn.stage import Problem, run


def classes(paths: list[PurePosixPath], path: Path) -> tuple[bool, list[str]]:
    """Return whether the images lie in train/ and test/, and the names of their classes, sorted.

    Raises `Problem`, naming `path`, when they lie in less than two classes, or not all equally deep in one folder.
    """
    split = any(one.parts[-3:-2] == ("train",) for one in paths)
    inside = [one for one in paths if not split or one.parts[-3:-2] in (("train",), ("test",))]
    roots = sorted({str(PurePosixPath(*one.parts[: -3 if split else -2])) for one in inside})
    names = sorted({one.parts[-2] for one in inside})
    if len(roots) > 1:
        raise Problem(f"{path}: the classes are not in one folder but in {', '.join(roots[:5])}; they cannot be nested")
    if len(names) < 2:
        raise Problem(f"{path}: no images in <split>/<class>/ or <class>/ of two classes or more")
    return split, names


def entry(path: Path, side: int, channels: int) -> dict[str, Any]:
    """Return the catalogue entry that makes the images in `path`, a folder or an archive of one, a data set."""
    if path.is_dir():
        paths = [PurePosixPath(found.relative_to(path).as_posix()) for found in pack.found(path)]
    elif path.is_file():
        most = image_folder.MOST_UNPACKED * path.stat().st_size + (1 << 24)
        paths = [PurePosixPath(member.name) for member in archives.members(path, most)]
    else:
        raise Problem(f"{path}: neither a folder nor an archive")
    images = [one for one in paths if one.suffix.lower() in image_folder.SUFFIXES and len(one.parts) > 1]
    split, names = classes([one for one in images if not any(map(image_folder.hidden, one.parts))], path)
    file = None if path.is_dir() else {"name": path.name, "bytes": path.stat().st_size, "sha256": files.sha256(path)}
    return {
        "format": "image_folder",
        "shape": [side, side, channels],
        "classes": names,
        "images": {"train": "train", "test": "test"} if split else {"test": 0.2, "seed": 0},
        "addresses": [f"{path.parent}/"] if file else [],
        "files": {"archive": file} if file else {},
    }


def check(name: str, content: dict[str, Any]) -> None:
    """Raise `Problem` if params.yaml would not take the entry."""
    source = {"catalogue": {name: content}}
    try:
        Catalogue.model_validate(source)
    except ValidationError as error:
        raise Problem("\n  ".join(["this would not do as an entry:", *faults.lines(error, source)])) from None


class Catalogue(Section):
    """The part of params.yaml that an entry is for."""

    catalogue: dict[Name, ImageFolder]


def lines(name: str, path: Path, content: dict[str, Any]) -> str:
    """Return what to write into params.yaml; JSON is YAML."""

    def written(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    folders = [f"folders: {{{written(name)}: {written(str(path))}}}"] if path.is_dir() else []
    rows = [f"    {key}: {written(value)}" for key, value in content.items()]
    return "\n".join([*folders, "catalogue: # add:", f"  {written(name)}:", *rows])


def main(name: str, path: str, side: str, channels: str) -> None:
    """Print what to write into params.yaml."""
    if not (side.isdecimal() and channels in ("1", "3")):
        raise Problem(f"SIDE={side} should be a number of pixels, CHANNELS={channels} 1 for grey or 3 for colour")
    if params.PATH.exists() and name in params.load().catalogue:
        raise Problem(f"NAME={name} is in the catalogue of {params.PATH} already; take another")
    content = entry(Path(path), int(side), int(channels))
    check(name, content)
    print(f"# in {params.PATH}; then name {json.dumps(name)} in `datasets`\n{lines(name, Path(path), content)}")


if __name__ == "__main__":
    run(main)
