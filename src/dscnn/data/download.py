"""A file from one of its addresses, verified; a download that was interrupted resumes where it ended."""

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import tenacity
from tqdm import tqdm

from dscnn.core import files, paths
from dscnn.core.stage import Problem, printable
from dscnn.data import addresses, http, waiting
from dscnn.data.entry import File

MIRROR = "DSCNN_MIRROR"
PROGRESS = 0.01  # of a file: less than that much more of it counts as none


def fetch(file: File, places: Iterable[str], target: Path, patience: waiting.Patience = waiting.PATIENT) -> None:
    """Write `file` to `target` from the first of the folders `places` that has it; resume where the last try ended.

    Raises `Problem` with what each place said when none has; `target` then stays as it was.
    """
    part = _part(file)
    with files.locked(part.with_name(f"{part.name}.lock"), lambda: _wait(part)):
        said = []
        *others, last = (f"{place.rstrip('/')}/{file.name}" for place in places)
        for address in (*others, last):
            # where there is no other address, a slow one is better than none: its bar says how long it takes
            own = patience._replace(slowest=0) if address == last else patience
            try:
                _download(file, address, part, own)
            except Problem as problem:
                print(printable(f"{address}: {problem}"), file=sys.stderr)
                said.append(f"\n  {address}: {problem}")
            else:
                return _hand_over(part, target)
    raise Problem(
        f"no address has {file.name}; put one that does first in datasets.yaml, or set {MIRROR}:{''.join(said)}"
    )


def _part(file: File) -> Path:
    """Return where a file on its way, or arrived, lies under its checksum.

    That is no output of DVC's, so that an interrupted download resumes, and changed code downloads nothing again.
    """
    return paths.state() / "downloads" / file.sha256


def _wait(part: Path) -> None:
    print(f"waiting for another process that fetches the same file ({part}.lock)", file=sys.stderr)


def _download(file: File, address: str, part: Path, patience: waiting.Patience) -> None:
    """Complete `part` from `address`, trying again as long as that brings it further.

    A part that was begun elsewhere or earlier is completed: the checksum tells whether the pieces fit. If they do
    not, it begins again, and from then on in one piece.
    """
    furthest, idle, in_one_piece = _size(part), 0, False

    def once() -> None:
        nonlocal furthest, idle, in_one_piece
        begun = 0 if in_one_piece else _size(part)
        try:
            _go_on(file, address, part, begun, patience)
        except waiting.Interrupted:
            reached = _size(part)
            further = reached > furthest + PROGRESS * file.bytes
            idle = 0 if further else idle + 1
            furthest = reached if further else furthest
            raise
        except Problem as problem:
            if not begun:
                raise
            in_one_piece, idle = True, idle + 1
            raise waiting.Interrupted(f"{problem}; begins again") from problem

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, waiting.Interrupted) else None
        return min(patience.longest_wait, patience.first_wait * 2 ** max(0, idle - 1)) if asked is None else asked

    def stop(state: tenacity.RetryCallState) -> bool:
        return idle >= patience.tries or state.upcoming_sleep > patience.longest_wait

    def tell(state: tenacity.RetryCallState) -> None:
        print(printable(f"{file.name}: {state.outcome and state.outcome.exception()};"), file=sys.stderr, end=" ")
        print(f"again in {state.upcoming_sleep:.0f} s", file=sys.stderr)

    try:
        tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(waiting.Interrupted),
            wait=wait,
            stop=stop,
            before_sleep=tell,
            reraise=True,
        )(once)
    except waiting.Interrupted as error:
        asked = f", asks to wait {error.wait:.0f} s" if error.wait and error.wait > patience.longest_wait else ""
        raise Problem(f"{error}{asked}; given up, {_size(part)} of {file.bytes} bytes are kept") from error


def _go_on(file: File, address: str, part: Path, begun: int, patience: waiting.Patience) -> None:
    """Append to the first `begun` bytes of `part` what `address` has from there on, and verify the whole.

    Raises `waiting.Interrupted` when it ends too early, `Problem` when it is another file; the part is removed then.
    """
    again = True
    if begun < file.bytes:
        with addresses.opened(address, begun, _tag(part, address) if begun else None, file.bytes, patience) as body:
            again = body.again
            files.write_json(_tags(part), {"address": address, "tag": body.tag})
            with files.named(part), part.open("ab" if body.start else "wb") as out:
                _copy(body, out, file)
    size = _size(part)
    if size < file.bytes:
        said = f"{size} bytes instead of the {file.bytes} in datasets.yaml: cut short, or another file"
        raise waiting.Interrupted(said) if again else Problem(said)
    digest = files.sha256(part)
    if size > file.bytes or digest != file.sha256:
        part.unlink()
        raise Problem(
            f"more than the {file.bytes} bytes in datasets.yaml: another file"
            if size > file.bytes
            else f"sha256 {digest} instead of {file.sha256}: damaged on its way, or another version of the file"
        )


def _copy(body: http.Body, out: BinaryIO, file: File) -> None:
    """Write the body; stop when it is longer than the file should be."""
    with tqdm(
        total=file.bytes,
        initial=body.start,
        unit="B",
        unit_scale=True,
        desc=file.name,
        mininterval=0.1 if sys.stderr.isatty() else 30,
        leave=False,
        delay=1,
    ) as bar:
        left = file.bytes + 1 - body.start
        for chunk in body.chunks:
            out.write(chunk)
            bar.update(len(chunk))
            left -= len(chunk)
            if left <= 0:
                return


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _tags(part: Path) -> Path:
    return part.with_suffix(".json")


def _tag(part: Path, address: str) -> str | None:
    """Return what the server at `address` called the version that `part` was begun with; None if it was another's."""
    try:
        known = files.read_json(_tags(part))
    except Problem:
        return None
    return str(known["tag"]) if known.get("tag") and known.get("address") == address else None


def _hand_over(part: Path, target: Path) -> None:
    """Put the verified download in its place; it stays under its checksum too, as the same file where that can be."""
    target.parent.mkdir(parents=True, exist_ok=True)
    link = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        link.unlink(missing_ok=True)
        os.link(part, link)
    except OSError:  # another disk, or a file system without links
        with part.open("rb") as source, files.whole(target) as out:
            shutil.copyfileobj(source, out)
    else:
        link.replace(target)
        link.unlink(missing_ok=True)  # a rename onto the same file leaves both names
