"""`make preset NAME=mnist`: copy a preset over params.yaml, unless that would lose edits; say what changed.

It uses Python's own library alone, so that it needs no set-up.
"""

import difflib
import os
from itertools import takewhile
from pathlib import Path

from dscnn.core.stage import Problem, run

PARAMS, PRESETS = Path("params.yaml"), Path("presets")


def opening(text: str) -> list[str]:
    """Return the lines of the opening comment: in a preset what it asks, how long it takes, what to expect."""
    return list(takewhile(lambda line: line.startswith("#"), text.splitlines()))


def changes(old: str, new: str) -> list[str]:
    """Return the lines that differ, opening comments left out: `- old` and `+ new`."""
    before, after = (text.splitlines()[len(opening(text)) :] for text in (old, new))
    lines = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]  # without the names of two files
    return [f"{line[0]} {line[1:]}" for line in lines if not line.startswith("@@")]


def main(name: str, force: str) -> None:
    """Copy presets/`name`.yaml over params.yaml; raises `Problem` if that was edited and `force` is not 1."""
    presets = {path.stem: _text(path) for path in sorted(PRESETS.glob("*.yaml"))}
    if name not in presets:
        raise Problem(f"NAME is {name!r}, should be one of: {', '.join(presets)}")
    old, new = _text(PARAMS) if PARAMS.exists() else "", presets[name]
    if old and old not in presets.values() and force != "1":
        nearest = min(presets, key=lambda each: len(changes(presets[each], old)))
        edits = "\n  ".join(changes(presets[nearest], old)) or "the opening comment alone"
        raise Problem(
            f"{PARAMS} has been edited; against preset {nearest}:\n  {edits}\n"
            f"Commit or copy it, then 'make preset NAME={name} FORCE=1' overwrites it."
        )
    _write(PARAMS, new)
    for line in opening(new):
        print(line.removeprefix("#").removeprefix(" "))
    changed = changes(old, new)
    if old and changed:
        print("\n".join(["", f"{PARAMS} changed:", *changed]))
    else:
        print(f"\n{PARAMS}", "has the same values as before" if old else "written")


def _write(path: Path, text: str) -> None:
    """Write `path` whole or not at all, as `dscnn.core.files` does, which needs a set-up."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")  # an unreadable params.yaml can be overwritten too


if __name__ == "__main__":
    run(main)
