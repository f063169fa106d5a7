"""`make entry NAME=photos FOLDER=../photos`: describe images of your own as an entry of datasets.yaml."""

import json
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dscnn.core import files
from dscnn.core.stage import Problem, run
from dscnn.data.formats import archives, image_folder, layout
from dscnn.data.packing import found
from dscnn.experiment import datasets, params

TESTS = ("test", "val", "valid", "validation")  # what the folder beside train/ may be called, best first


def classes(paths: list[PurePosixPath], path: Path) -> tuple[str | None, list[str]]:
    """Return the name of the test split if the images lie in it and in train/, and the names of the classes, sorted.

    Raises `Problem`, naming `path`, when they lie in less than two classes, or not all equally deep in one folder.
    """
    above = {one.parts[-3:-2] for one in paths}
    test = next((each for each in TESTS if {("train",), (each,)} <= above), None)
    inside = [one for one in paths if not test or one.parts[-3:-2] in (("train",), (test,))]
    roots = sorted({str(PurePosixPath(*one.parts[: -3 if test else -2])) for one in inside})
    names = sorted({one.parts[-2] for one in inside})
    if len(roots) > 1:
        raise Problem(f"{path}: the classes are not in one folder but in {', '.join(roots[:5])}; they cannot be nested")
    for one in paths if test else []:
        below = one.relative_to(roots[0]).parts if one.is_relative_to(roots[0]) else ()
        if below[:1] in (("train",), (test,)) and len(below) != 3:
            raise Problem(f"{path}: {one} lies in a split, but not in <split>/<class>/; move it there or away")
    if len(names) < 2:
        raise Problem(f"{path}: no images in <split>/<class>/ or <class>/ of two classes or more")
    return test, names


def entry(path: Path, side: int, channels: int) -> dict[str, Any]:
    """Return the entry that makes the images in `path`, a folder or an archive of one, a data set."""
    if path.is_dir():
        paths = [PurePosixPath(each.relative_to(path).as_posix()) for each in found(path)]
    elif path.is_file():
        members = archives.members(path, image_folder.most_unpacked(path))
        paths = [PurePosixPath(member.name) for member in members]
    else:
        raise Problem(f"{path}: neither a folder nor an archive")
    images = [one for one in paths if layout.is_image(one) and len(one.parts) > 1]
    test, names = classes([one for one in images if not any(map(layout.hidden, one.parts))], path)
    file = None if path.is_dir() else {"name": path.name, "bytes": path.stat().st_size, "sha256": files.sha256(path)}
    return {
        "format": "image_folder",
        "shape": [side, side, channels],
        "classes": names,
        "images": {"train": "train", "test": test} if test else {"test": 0.2, "seed": 0},
        "addresses": [f"{path.parent}/"] if file else [],
        "files": {"archive": file} if file else {},
    }


def lines(name: str, content: dict[str, Any]) -> str:
    """Return the entry as lines of YAML; JSON is YAML."""

    def written(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    return "\n".join([f"{written(name)}:", *(f"  {key}: {written(value)}" for key, value in content.items())]) + "\n"


def appended(old: bytes, name: str, content: dict[str, Any]) -> bytes:
    """Return `old`, the bytes of datasets.yaml, with an entry at the end.

    Raises `Problem` unless that reads as the old entries and the new one, e.g. since `old` is one line in braces.
    """
    yaml, written = YAML(typ="safe", pure=True), lines(name, content)
    try:
        new = old + (b"" if old.endswith(b"\n") else b"\n") + written.encode()
        if yaml.load(new) == {**yaml.load(old), name: content}:
            return new
    except (UnicodeEncodeError, YAMLError):
        pass
    raise Problem(f"{datasets.PATH} cannot take these lines at its end; write the entry yourself:\n{written}")


def main(name: str, path: str, side: str, channels: str) -> None:
    """Add the entry `name` to datasets.yaml, and say what to write into params.yaml."""
    if not (side.isdecimal() and channels in ("1", "3")):
        raise Problem(f"SIDE={side} should be a number of pixels, CHANNELS={channels} 1 for grey or 3 for colour")
    catalogue = datasets.read()
    for taken in datasets.check(catalogue):
        if taken.lower() == name.lower():  # their files would be the same on some disks
            raise Problem(f"NAME={name}: {datasets.PATH} has {taken} already: take another name, or remove that entry")
    content = entry(Path(path), int(side), int(channels))
    datasets.check({**catalogue, name: content})
    new = appended(datasets.PATH.read_bytes(), name, content)
    with files.whole(datasets.PATH) as file:
        file.write(new)
    print(f"{datasets.PATH}: {name} added, {len(content['classes'])} classes")
    print(f"In {params.PATH}, write:")
    print(f"datasets: [{json.dumps(name)}]")
    if Path(path).is_dir():
        print(f"folders: {{{json.dumps(name)}: {json.dumps(path, ensure_ascii=False)}}}")


if __name__ == "__main__":
    run(main)
