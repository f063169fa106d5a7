"""Git's merge driver for dvc.lock: stage by stage, where Git compares lines.

An entry that one branch changed is that branch's. One that both changed differently is left out: `dvc repro` then runs
that stage, or takes it from the run cache.
"""

from pathlib import Path
from typing import Any

from dscnn.cluster import lock
from dscnn.core.stage import run

Entries = dict[str, Any]


def merged(base: Entries, ours: Entries, theirs: Entries) -> tuple[Entries, list[str]]:
    """Return the entries to keep, and the names of those that both sides changed, each in its way."""
    kept, settled_later = {}, []
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        before, mine, other = base.get(name), ours.get(name), theirs.get(name)
        if other in (before, mine):
            entry = mine
        elif mine == before:
            entry = other
        else:
            entry = None
            settled_later.append(name)
        if entry is not None:
            kept[name] = entry
    return kept, settled_later


def main(base: str, ours: str, theirs: str) -> None:
    """Write the merged lock file over `ours`, as Git asks of a driver."""
    read = {path: lock.entries(Path(path)) for path in (base, ours, theirs)}
    kept, settled_later = merged(read[base], read[ours], read[theirs])
    lock.write(Path(ours), kept)
    if settled_later:
        print(f"dvc.lock: both branches changed {len(settled_later)} stages; 'make repro' settles them")


if __name__ == "__main__":
    run(main)
