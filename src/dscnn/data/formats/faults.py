"""What is wrong with a folder of images, said at once when all of it has been seen."""

from collections import Counter
from collections.abc import Container
from pathlib import Path, PurePosixPath

from dscnn.core.stage import Problem, printable

NAMED = 100


class Faults:
    """A line for each file that cannot be used, and the files that lie in no split."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.elsewhere: list[PurePosixPath] = []

    def sort(self, root: PurePosixPath | None, splits: Container[str]) -> None:
        """Keep in `elsewhere` what is in no split of `root`, where the images lie; what is too deep in one is a fault.

        Without any image in its place, each folder that is called like a split is taken for one.
        """
        elsewhere, self.elsewhere = self.elsewhere, []
        for name in elsewhere:
            folders = name.parent.parts
            if root is not None:
                folders = name.relative_to(root).parts[:1] if name.is_relative_to(root) else ()
            if any(folder in splits for folder in folders):
                self.found.append(f"{name}: lies deeper than its split and class")
            else:
                self.elsewhere.append(name)

    def say(self, path: Path) -> None:
        """Raise `Problem`, naming `path`, if anything cannot be used; print what was not read."""
        if self.found:
            more = [f"... and {len(self.found) - NAMED} more"] if len(self.found) > NAMED else []
            named = [line.replace("\n", "\N{REPLACEMENT CHARACTER}") for line in sorted(self.found)[:NAMED]]
            listed = "\n  ".join([*named, *more])
            raise Problem(f"{path}: {len(self.found)} of its files cannot be used:\n  {listed}")
        for folder, count in Counter(str(name.parent.parent) for name in self.elsewhere).items():
            print(printable(f"not read: {count} files in {folder}, which is neither split of datasets.yaml"))
