"""`make abuse`: what was tried against each part, how often, and what came of it, as the table of docs/reliability.md.

    PYTHONPATH=src:tests python tests/abuse.py [TRIALS]

Each trial is drawn from a seed, so a second run tries the same. It ends as it should (`held`) if the result is right,
or if one sentence, a `Problem`, says what is wrong. Anything else, or a trial that takes longer than its limit, is
`broken`: it is printed with its number, and the command fails. Servers are on the loopback interface.
"""

import contextlib
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import frames
import tiny
from dscnn.core import files, processor
from dscnn.core.paths import Arm
from dscnn.core.stage import Problem
from dscnn.data.download import fetch
from dscnn.data.formats import archives
from dscnn.experiment import checks, datasets, params, yaml_file
from dscnn.stages import compare, manifest
from dscnn.training import checkpoint

DOCS = tiny.PROJECT / "docs/reliability.md"
START, END = "<!-- written by make abuse -->\n", "<!-- end -->"
SECONDS = 60  # that a trial may take
Trial = Callable[[random.Random], str]

HOSTILE: list[Any] = [
    None, True, -1, 0, 1, 2, 2**31, 2**63, 10**18, 10**30, 10**400, -(10**400), 0.0, -0.5, 1e-320, 1e308, float("inf"),
    float("nan"), "", "a", "../..", "/", "~", "a\0b", "a\nb", "\x1b[31m", "${seeds}", "é" * 500, [], [[]], [None],
    [1] * 1000, list(range(50_000)), ["conv"], ["conv", "conv"], {}, {"a": 1}, {"": {}}, {"a/b": ["conv", "conv"]},
]  # fmt: skip


def params_yaml(draw: random.Random) -> str:
    """One or two values of params.yaml, anywhere in it, are others."""
    source = tiny.params()
    for _ in range(draw.randint(1, 2)):
        edit(source, draw)
    made = params.check(source)
    checks.check(made, datasets.load())
    return "accepted"


def datasets_yaml(draw: random.Random) -> str:
    """One or two values of datasets.yaml are others."""
    source = json.loads(json.dumps(datasets.read()))
    for _ in range(draw.randint(1, 2)):
        edit(source, draw)
    checks.check(params.check(tiny.params()), datasets.check(source))
    return "accepted"


def edit(source: Any, draw: random.Random) -> None:
    """Put a hostile value in the place of a value, or of a key, somewhere in `source`."""
    node, path = source, []
    while isinstance(node, (dict, list)) and node and (not path or draw.random() < 0.7):
        path.append((node, draw.choice(list(node) if isinstance(node, dict) else range(len(node)))))
        node = node[path[-1][1]]
    if not path:
        return
    holder, key = path[-1]
    if isinstance(holder, dict) and draw.random() < 0.2:
        holder[draw.choice(["", "x", 3, "x" * 1000])] = holder.pop(key)
    else:
        holder[key] = draw.choice(HOSTILE)


def yaml_text(draw: random.Random) -> str:
    """The bytes of params.yaml are damaged."""
    path = Path("params.yaml")
    content = path.read_bytes()
    path.write_bytes(tiny.mutated(content, np.random.default_rng(draw.getrandbits(32))))
    try:
        params.check(yaml_file.read(path, ""))
    finally:
        path.write_bytes(content)
    return "accepted"


def archive(draw: random.Random) -> str:
    """A tar or zip archive is damaged; what is read is no more than its limit."""
    from data.formats.test_archives import zipped

    contents = {f"{name}/x": draw.randbytes(draw.randint(0, 3000)) for name in "abc"}
    made = draw.choice([tiny.tar, zipped])(contents)
    path = Path("archive")
    path.write_bytes(tiny.mutated(made, np.random.default_rng(draw.getrandbits(32))))
    with archives.readable(path):  # as all who read members do
        read = sum(len(member.file.read()) for member in archives.members(path, 1 << 20))
    assert read <= 1 << 20
    return "read"


def server(draw: random.Random) -> str:
    """A server fails in a sequence of ways, some of them for good."""
    from data import test_download as made

    kinds = ["good", "cut", "resets", "ignores", "changed", "misplaced", "damaged", "unannounced", "longer", "shorter"]
    kinds += ["404", "503", "429 0", "html", "loop", "silent", "drips", "sizes", "trailers", "headers"]
    moods = [draw.choice(kinds) for _ in range(draw.randint(1, 5))]
    numbered = {"cut", "resets", "damaged", "unannounced", "drips"}
    moods = [f"{mood} {draw.randint(0, len(made.CONTENT))}" if mood in numbered else mood for mood in moods]
    with made.Server(("127.0.0.1", 0), made.Handler) as running:
        running.moods, running.asked = moods, []
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            fetch(made.FILE, [made.at(running)], made.TARGET, made.HASTY)
        finally:
            running.shutdown()
            thread.join()
            made.PART.unlink(missing_ok=True)
    assert made.TARGET.read_bytes() == made.CONTENT
    return "right bytes"


STATE = checkpoint.State({"a": np.arange(99.0), "b": np.array(3)}, {"history": [{"epoch": 1}]})


def damaged_checkpoint(draw: random.Random) -> str:
    """A checkpoint is damaged: it is refused, or its bytes did not matter."""
    path = Path("checkpoint.npz")
    checkpoint.save(path, STATE)
    path.write_bytes(tiny.mutated(path.read_bytes(), np.random.default_rng(draw.getrandbits(32))))
    found = checkpoint.load(path, STATE.arrays)
    if found is None:
        return "refused"
    assert found.notes == STATE.notes
    assert all((found.arrays[name] == array).all() for name, array in STATE.arrays.items())
    return "right"


def measured_file(draw: random.Random) -> str:
    """A file of the measured experiment is damaged, is of another stage, or has a hostile value."""
    paths = [path for path in sorted(Path("metrics").rglob("*")) if path.suffix in (".json", ".csv")]
    paths = [path for path in paths if path.parts[1] not in ("compare", "manifest.json")]
    path, other = draw.choice(paths), draw.choice(paths)
    content = path.read_bytes()
    kind = draw.choice(["damaged", "other", "hostile"] if path.suffix == ".json" else ["damaged", "other"])
    if kind == "damaged":
        path.write_bytes(tiny.mutated(content, np.random.default_rng(draw.getrandbits(32))))
    elif kind == "other":
        path.write_bytes(other.read_bytes())
    else:
        source = json.loads(content)
        edit(source, draw)
        with contextlib.suppress(TypeError):
            path.write_text(json.dumps(source))
    try:
        manifest.main()
        compare.main()
    finally:
        path.write_bytes(content)
    return "compared"


def killed_training(draw: random.Random) -> str:
    """A training is killed at random moments, and ends in the same bytes."""
    arm = Arm("stripes", "0.5", "Separable", "1")
    outputs = (arm.weights, arm.history, arm.result)
    expected = [path.read_bytes() for path in outputs]
    for path in outputs:
        path.unlink()
    words = [sys.executable, "-m", "dscnn.stages.train", *arm]
    environment = os.environ | {"PYTHONPATH": str(tiny.PROJECT / "src")}
    for _ in range(draw.randint(1, 3)):
        with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(draw.uniform(1, 7))
            process.send_signal(signal.SIGKILL)
    subprocess.run(words, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert [path.read_bytes() for path in outputs] == expected
    return "same bytes"


def prepared() -> None:
    """Make the tiny experiment in the current folder: measured by hand, and one arm trained."""
    tiny.write_experiment(Path(), tiny.written(Path.cwd()))
    source = tiny.params() | {"seeds": [1, 2, 3]}
    tiny.write_yaml(Path("params.yaml"), source)
    frames.write_all()
    files.write_json(Path("metrics/references.json"), {})


def trained() -> None:
    tiny.write_experiment(Path(), tiny.written(Path.cwd()))
    source = tiny.params()
    source["train"]["epochs"] = 60
    tiny.write_yaml(Path("params.yaml"), source)
    environment = os.environ | {"PYTHONPATH": str(tiny.PROJECT / "src")}
    for words in (["fetch", "stripes"], ["prepare", "stripes"], ["train", "stripes", "0.5", "Separable", "1"]):
        command = [sys.executable, "-m", f"dscnn.stages.{words[0]}", *words[1:]]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


PARTS: list[tuple[str, Trial, Callable[[], None], float]] = [  # name, trial, what it needs, share of the trials
    ("values of params.yaml", params_yaml, prepared, 3),
    ("values of datasets.yaml", datasets_yaml, prepared, 3),
    ("bytes of params.yaml", yaml_text, prepared, 1),
    ("archives", archive, prepared, 2),
    ("servers", server, prepared, 0.5),
    ("checkpoints", damaged_checkpoint, prepared, 1),
    ("measured files", measured_file, prepared, 0.3),
    ("kill -9 of a training", killed_training, trained, 0.02),
]


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
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", said):
            return "broken", f"{seed}: a sentence that steers the terminal: {said!r}"
        return "one sentence", ""
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
    head = ["| part | what was done to it | trials | how they ended | otherwise |", "| :-- | :-- | --: | :-- | --: |"]
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
    sys.exit(f"error: {len(broken)} trials ended otherwise" if broken else 0)


if __name__ == "__main__":
    main()
