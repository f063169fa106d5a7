"""Print the catalogue entry of images of one's own; `make entry` does."""

import json
from pathlib import Path, PurePosixPath

from dscnn import archives, files, image_folder, pack
from dscnn.stage import Problem, run

SPLITS = ("train", "test")


def classes(paths: list[PurePosixPath]) -> tuple[bool, list[str]]:
    """Return whether the images lie in train/ and test/, and the names of their classes, sorted."""
    split = any(path.parts[-3:-2] == ("train",) for path in paths)
    inside = [path for path in paths if not split or path.parts[-3] in SPLITS]
    return split, sorted({path.parts[-2] for path in inside})


def entry(name: str, path: Path, side: int, channels: int) -> str:
    """Return the lines for params.yaml that make the images in `path`, a folder or an archive of one, a data set."""
    if path.is_dir():
        paths = [PurePosixPath(found.relative_to(path).as_posix()) for found in pack.found(path)]
    elif path.is_file():
        most = image_folder.MOST_UNPACKED * path.stat().st_size + (1 << 24)
        paths = [PurePosixPath(member.name) for member in archives.members(path, most)]
    else:
        raise Problem(f"{path}: neither a folder nor an archive")
    images = [one for one in paths if one.suffix.lower() in image_folder.SUFFIXES and len(one.parts) > 1]
    split, names = classes([one for one in images if not any(part.startswith(".") for part in one.parts)])
    if len(names) < 2:
        raise Problem(f"{path}: no images in <split>/<class>/ or <class>/ of two classes or more")
    lines = [
        f"  {name}:",
        "    format: image_folder",
        f"    shape: [{side}, {side}, {channels}]",
        f"    classes: {json.dumps(names)}",
        f"    images: {'{train: train, test: test}' if split else '{test: 0.2, seed: 0} # drawn class by class'}",
    ]
    if path.is_dir():
        lines += ["    addresses: []", "    files: {}"]
        return "\n".join([f"folders: {{{name}: {json.dumps(str(path))}}}", "", "catalogue: # add:", *lines])
    lines += [
        f"    addresses: [{json.dumps(str(path.parent) + '/')}]",
        "    files:",
        "      archive:",
        f"        name: {path.name}",
        f"        bytes: {path.stat().st_size}",
        f"        sha256: {files.sha256(path)}",
    ]
    return "\n".join(["catalogue: # add:", *lines])


def main(name: str, path: str, side: str, channels: str) -> None:
    """Print what to write into params.yaml."""
    if not (side.isdecimal() and channels in ("1", "3")):
        raise Problem(f"SIDE={side} should be a number of pixels, CHANNELS={channels} 1 for grey or 3 for colour")
    print(f"# in params.yaml; then name {name} in `datasets`\n{entry(name, Path(path), int(side), int(channels))}")


if __name__ == "__main__":
    run(main)
