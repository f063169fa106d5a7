"""What is wrong with a folder of images, said at once when all of it has been seen."""

from collections import Counter
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from dscnn.core.stage import printable
from dscnn.data.formats import layout
from dscnn.data.formats.archives import ArchiveProblem

NAMED = 100


class Faults:
    """A line for each file that cannot be used, and the files that lie in no class of a split."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.elsewhere: list[PurePosixPath] = []

    def settle(self, root: PurePosixPath | None, splits: Collection[str]) -> None:
        """Say what is wrong with the files elsewhere, now that `root` is known, where the images lie.

        `splits` are the folders of the splits in it, none where the test split is drawn. What lies in one of them, but
        in no class, is a fault; what lies in none stays in `elsewhere`. A file that is no image, such as a licence or
        a readme, may lie above the classes.
        """
        elsewhere, self.elsewhere = self.elsewhere, []
        for name in elsewhere:
            below, image = _below(name, root, splits), layout.is_image(name)
            if not image and len(below) < (2 if splits else 1):
                continue
            if splits and not (below and below[0] in splits):
                self.elsewhere.append(name)
            elif not splits or (not image and len(below) == 2):
                self.found.append(f"{name}: {layout.unknown(below[-1])}")
            else:
                self.found.append(f"{name}: lies in a split, but not in <split>/<class>/")

    def raise_or_print(self, path: Path) -> None:
        """Raise `ArchiveProblem`, naming `path`, if anything cannot be used; print what was not read."""
        if self.found:
            more = [f"... and {len(self.found) - NAMED} more"] if len(self.found) > NAMED else []
            named = [line.replace("\n", "\N{REPLACEMENT CHARACTER}") for line in sorted(self.found)[:NAMED]]
            listed = "\n  ".join([*named, *more])
            raise ArchiveProblem(path, f"{len(self.found)} of its files cannot be used:\n  {listed}")
        for folder, count in Counter(str(name.parent.parent) for name in self.elsewhere).items():
            print(printable(f"not read: {count} files in {folder}, which is neither split of datasets.yaml"))


def _below(name: PurePosixPath, root: PurePosixPath | None, splits: Collection[str]) -> tuple[str, ...]:
    """Return the folders of a file below `root`; without any image in its place, those from the first split on."""
    folders = name.parent.parts
    if root is not None:
        return folders[len(root.parts) :] if name.is_relative_to(root) else ()
    return folders[next((i for i, folder in enumerate(folders) if folder in splits), len(folders)) :]
