"""`make abuse`: what was tried against each part, how often, and what came of it, as the table of docs/reliability.md.

    PYTHONPATH=src:tests python tests/abuse.py [TRIALS]

Each trial (tests/trials.py) is drawn from a seed, so a second run tries the same. It ends as it should (`held`) if the
result is right, or if one sentence, a `Problem`, says what is wrong. Anything else, or a trial that takes longer than
its limit, is `broken`: it is printed with its number, and the command fails.
"""

import contextlib
import io
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tiny
from dscnn.core import files, processor
from dscnn.core.stage import Problem
from trials import PARTS, STEERS, Trial

DOCS = tiny.PROJECT / "docs/reliability.md"
START, END = "<!-- written by make abuse -->\n", "<!-- end -->"
SECONDS = 60  # that a trial may take


@contextlib.contextmanager
def limited(seconds: int) -> Iterator[None]:
    def late(number: int, frame: Any) -> None:
        raise TimeoutError(f"took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(trial: Trial, seed: str) -> tuple[str, str]:
    """Return how a trial ended, in a word, and what is to be said of it if that is `broken`."""
    out = io.StringIO()
    try:
        with limited(SECONDS), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            return trial(random.Random(seed)), ""
    except Problem as problem:
        said = str(problem)
        if STEERS.search(said):
            return "broken", f"{seed}: a sentence that steers the terminal: {said!r}"
        return "refused with a message", ""
    except BaseException:
        return "broken", f"{seed}:\n{traceback.format_exc(limit=-6)}"


def table(trials: int) -> tuple[str, list[str]]:
    """Run all trials; return the table, and what is to be said of the broken ones."""
    rows, broken = [], []
    home = Path.cwd()
    for name, trial, needs, share in PARTS:
        count, found, slowest = max(1, round(trials * share)), dict[str, int](), 0.0
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            needs()
            for number in range(count):
                start = time.monotonic()
                ended, said = outcome(trial, f"{name} {number}")
                slowest = max(slowest, time.monotonic() - start)
                found[ended] = found.get(ended, 0) + 1
                broken += [said] * bool(said)
            os.chdir(home)
        words = ", ".join(f"{word} {times}" for word, times in sorted(found.items()) if word != "broken")
        what = (trial.__doc__ or "").splitlines()[0].rstrip(".")
        rows.append(f"| {name} | {what} | {count} | {words} | {found.get('broken', 0)} |")
        print(rows[-1], f"slowest {slowest:.1f} s", flush=True)
    head = ["| part | what was done to it | trials | how they ended | failed |", "| :-- | :-- | --: | :-- | --: |"]
    return "\n".join([*head, *rows]), broken


def main() -> None:
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    os.environ["NO_PROXY"] = "127.0.0.1"
    made, broken = table(trials)
    for said in broken:
        print(said, file=sys.stderr)
    head, start, rest = DOCS.read_text().partition(START)
    _, end, tail = rest.partition(END)
    if not start or not end:
        sys.exit(f"error: {DOCS} has lost its marks {START.strip()} and {END}")
    if not broken:
        files.write_text(DOCS, f"{head}{start}\n{made}\n\nOn {processor.name()}.\n\n{end}{tail}")
    sys.exit(f"error: {len(broken)} trials failed" if broken else 0)


if __name__ == "__main__":
    main()
