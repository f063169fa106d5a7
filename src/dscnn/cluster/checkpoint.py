"""The checkpoint of an arm, kept with the scheduler too, so that a worker on another machine goes on from it.

Like `dscnn.cluster.worker` this travels to the workers by value, and imports nothing of the project.
"""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from distributed import Client

PAUSE = 0.2  # seconds between two looks at the files
SHARE = 0.02  # of the time, at most, is spent on sending


def place(name: str, known_as: str) -> list[str]:
    """Return where the scheduler keeps the checkpoint of the arm `name` of the experiment `known_as`."""
    return ["dscnn", f"{name} of {known_as}"]


class Travelling(threading.Thread):
    """Sends each checkpoint that is written to `folder`, that of one arm, to the scheduler, within a `with` block.

    First it brings the scheduler's, if that is newer than those in `folder`. A scheduler that does not answer, or a
    disk that is full, costs a checkpoint and not the training.
    """

    def __init__(self, client: Client, folder: Path, at: list[str], done: Path) -> None:
        """Take the connection to the scheduler, the `place` there, and the file that tells the end of a training."""
        super().__init__(daemon=True)
        self.client, self.folder, self.at, self.done = client, folder, at, done
        self.over, self.took = threading.Event(), 0.0

    def __enter__(self) -> Self:
        with suppress(OSError):
            self._bring()
        self.known = self._written()
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.over.set()
        self.join()
        self._send()

    def run(self) -> None:
        sent = time.monotonic()
        while not self.over.wait(PAUSE):
            # the last one is the dearest: what comes after it is not in it, and takes seconds
            if self.done.exists() or time.monotonic() - sent > self.took / SHARE:
                self._send()
                sent = time.monotonic()

    def _written(self) -> dict[Path, float]:
        """Return the checkpoints in `folder` and when each was written."""
        found = {}
        for path in self.folder.glob("*.npz"):
            with suppress(FileNotFoundError):  # it has just been removed
                found[path] = path.stat().st_mtime
        return found

    def _bring(self) -> None:
        found = self.client.get_metadata(self.at, None)
        if not found or found["written"] <= max(self._written().values(), default=0):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f".{os.getpid()}.part"
        part.write_bytes(found["content"])
        os.utime(part, (found["written"], found["written"]))
        part.replace(self.folder / Path(found["name"]).name)

    def _send(self) -> None:
        start, now = time.monotonic(), self._written()
        changed = {path: written for path, written in now.items() if self.known.get(path) != written}
        if not changed:
            return
        newest = max(changed, key=lambda path: changed[path])
        with suppress(OSError):
            found = {"name": newest.name, "written": changed[newest], "content": newest.read_bytes()}
            self.client.set_metadata(self.at, found)
            self.known, self.took = now, time.monotonic() - start
