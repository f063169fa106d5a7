"""What `make abuse` tries: each function is a trial, drawn at random, that says in a word how it ended.

It raises `Problem` where the project says in a sentence what is wrong, and anything else where the project does not
hold. Servers are on the loopback interface.
"""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import frames
import markup
import pipeline
import tiny
from dscnn.core import files, paths
from dscnn.core.paths import Arm
from dscnn.core.stage import Problem
from dscnn.data.download import fetch
from dscnn.data.formats import archives
from dscnn.experiment import checks, datasets, params, yaml_file
from dscnn.reporting.report import PAGE
from dscnn.stages import compare, manifest, report
from dscnn.training import checkpoint

Trial = Callable[[random.Random], str]
STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # a terminal

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


ODD = [
    "a", "a\nb", "\x1b[2J", "é" * 80, "$x^{$", "<img src=x onerror=alert(1)>", "-rf", "con", "\udcff", "\u202eb",
    "a'b\"c", "\x9b1m", "${x}", "%s", "{0}", "null", "~", "x" * 250, " ", "a\\b", "#", "*", "\u2028",
    "<script>alert(1)<|script>", "..a",
]  # fmt: skip


def said_by(*words: str) -> str:
    """Run a stage or a tool; return what it said, raise `Problem` with the sentence that it ended in."""
    environment = os.environ | {"PYTHONPATH": str(tiny.PROJECT / "src")}
    done = subprocess.run([sys.executable, "-m", *words], env=environment, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert not STEERS.search(said), repr(said)
    if done.returncode:
        assert done.stderr.startswith(b"error: "), said
        raise Problem(said)
    return said


def own_images(draw: random.Random) -> str:
    """A folder of images has odd names, and files that are no images, pipes or links to nowhere."""
    top, catalogue = Path("photos"), Path("datasets.yaml")
    shutil.rmtree(top, ignore_errors=True)
    before = catalogue.read_bytes()
    image = Path("picture.png").read_bytes()
    for kind in draw.sample(ODD, 2):
        folder = top / kind
        folder.mkdir(parents=True)
        for plain in range(8):
            (folder / f"{plain}.png").write_bytes(image)
        for name in draw.sample(ODD, draw.randint(0, 4)):
            path = folder / f"{name[:240]}{draw.choice(['.png', '.PNG', '.jpg'])}"
            match draw.choice(["image"] * 40 + ["damaged", "empty", "text", "pipe", "nowhere", "circle"]):
                case "image":
                    path.write_bytes(image)
                case "damaged":
                    path.write_bytes(tiny.mutated(image, np.random.default_rng(draw.getrandbits(32))))
                case "empty":
                    path.touch()
                case "text":
                    path.write_text("no image")
                case "pipe":
                    os.mkfifo(path)
                case "nowhere":
                    path.symlink_to("nowhere")
                case "circle":
                    path.symlink_to(top.absolute())
    try:
        said_by("dscnn.tools.entry", "photos", "photos", "8", "1")
        source = json.loads(json.dumps(datasets.read()))["photos"]
        tiny.write_yaml(catalogue, {"photos": source | {"images": {"test": 0.5, "seed": 0}}})
        tiny.write_yaml(Path("params.yaml"), tiny.params() | {"datasets": ["photos"], "folders": {"photos": "photos"}})
        said_by("dscnn.stages.pack", "photos")
        said_by("dscnn.stages.prepare", "photos")
    finally:
        catalogue.write_bytes(before)
    return "prepared"


def class_names(draw: random.Random) -> str:
    """The classes have odd names: the page has no element and no code of theirs, and every drawing is made."""
    accepted = [name for name in ODD if name.isprintable()]
    split = frames.SPLIT | {"classes": dict.fromkeys(draw.sample([*accepted, "</svg></script>"], 3), 1)}
    splits = dict.fromkeys(frames.FACTS["splits"], split)
    files.write_json(paths.metrics("prepare", "stripes"), frames.FACTS | {"splits": splits})
    manifest.main()
    compare.main()
    report.main()
    found = markup.read(PAGE.read_text())
    assert not found.runs
    assert not [text for text in found.texts["script"] if "alert" in text]
    return "right"


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


def lying_remote(draw: random.Random) -> str:
    """Files of the team's remote are damaged, exchanged, empty or gone; `make pull`, then `dvc repro`."""
    base = pipeline.Experiment(Path("base/project").absolute())
    store, other = Path("lying").absolute(), Path("other").absolute()
    for folder in (store, other):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree("store", store)
    base.git("clone", "--quiet", str(base.folder), str(other))
    shutil.copytree(base.folder / ".venv", other / ".venv", symlinks=True)
    clone = pipeline.Experiment(other)
    assert clone.dvc("remote", "modify", "--local", "store", "url", str(store)).returncode == 0
    records = draw.random() < 0.25
    stored = [path for path in sorted(store.rglob("*")) if path.is_file() and ("runs" in path.parts) == records]
    for path in draw.sample(stored, 5):
        path.chmod(0o644)
        match draw.choice(["damaged", "exchanged", "empty", "gone"]):
            case "damaged":
                path.write_bytes(tiny.mutated(path.read_bytes(), np.random.default_rng(draw.getrandbits(32))))
            case "exchanged":
                path.write_bytes(draw.choice(stored).read_bytes())
            case "empty":
                path.write_bytes(b"")
            case "gone":
                path.unlink()
    pulled = clone.command("env", "PYTHONPATH=src", sys.executable, "-m", "dscnn.tools.share", "pull")
    assert "Traceback" not in pulled.stderr, pulled.stderr
    clone.repro()
    assert clone.files() == base.files()
    return "right bytes"


def team() -> None:
    """Make an experiment with stand-ins for the stages of TensorFlow, and push it to a remote."""
    real = pipeline.installed(Path("base/project").absolute())
    real.repro()
    base = pipeline.with_stand_ins(real, Path("base/templates").absolute(), Path("no server"))
    assert base.dvc("repro", "--force").returncode == 0
    assert base.dvc("remote", "add", "--default", "store", str(Path("store").absolute())).returncode == 0
    base.commit("computed")
    base.tool("share", "push")


def prepared() -> None:
    """Make the tiny experiment in the current folder: measured by hand, and one arm trained."""
    tiny.write_experiment(Path(), tiny.written(Path.cwd()))
    source = tiny.params() | {"seeds": [1, 2, 3]}
    tiny.write_yaml(Path("params.yaml"), source)
    frames.write_all()
    files.write_json(Path("metrics/references.json"), {})
    Image.fromarray(np.full((8, 8), 7, np.uint8)).save("picture.png")


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
    ("images of one's own", own_images, prepared, 0.1),
    ("names of classes", class_names, prepared, 0.02),
    ("a remote that lies", lying_remote, team, 0.02),
    ("kill -9 of a training", killed_training, trained, 0.02),
]
