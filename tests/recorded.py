"""Run stages and write, as JSON, which parameters each looked at and which files it read and wrote.

    python recorded.py 'STAGE [WORD ...]' ...

The stages run as they are, but soon: what is timed is called once and not compiled, and each figure is drawn once
(`hasten`). What they load is wrapped in a recorder, and an audit hook of Python's sees every open. Each is a fork of
this process, which imports TensorFlow once.
"""

import importlib
import inspect
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import MethodType
from typing import Any

import hurried
from dscnn.core.schema import Section
from dscnn.experiment import datasets, params
from dscnn.timing import ceilings, timer, workloads

FOLDERS = ("data", "metrics", "models", "photos", "plots", "references")
looked_at: set[str] = set()
opened: set[str] = set()


class Recorder:
    """A section or mapping of a YAML file that notes which of its values are used."""

    def __init__(self, value: Any, key: str = "") -> None:
        self._value, self._key = value, key

    @property
    def __class__(self) -> Any:  # for isinstance, which does not use a value
        return type(self._value)

    def _part(self, name: object, value: Any) -> Any:
        key = f"{self._key}.{name}" if self._key and not self._key.endswith(":") else f"{self._key}{name}"
        if isinstance(value, (Section, dict)):
            return Recorder(value, key)
        looked_at.add(key)
        return value

    def __getattr__(self, name: str) -> Any:
        if name in ("model_copy", "model_dump"):  # a copy is a plain value, so all that went into it counts as used
            looked_at.add(self._key)
            return getattr(self._value, name)
        member = inspect.getattr_static(type(self._value), name, None)
        if isinstance(member, property):
            return member.fget(self) if member.fget else None
        if inspect.isfunction(member):
            self._part("format", self._value.format)  # which chose the class, and so the method
            return MethodType(member, self)
        return self._part(name, getattr(self._value, name))

    def __contains__(self, name: object) -> bool:
        return name in self._value

    def __getitem__(self, name: str) -> Any:
        return self._part(name, self._value[name])

    def __len__(self) -> int:
        looked_at.add(self._key)
        return len(self._value)

    def __iter__(self) -> Iterator[Any]:
        if isinstance(self._value, dict):
            looked_at.add(self._key)
            return iter(self._value)
        return ((name, self._part(name, value)) for name, value in self._value)

    def items(self) -> Any:
        looked_at.add(self._key)
        return self._value.items()


def note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[0], (str, Path)):
        path = Path(arguments[0])
        inside = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        reading = not arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if reading and not inside.is_absolute() and inside.parts[0] in FOLDERS:
            opened.add(str(inside))


def files() -> dict[str, int]:
    paths = [path for folder in FOLDERS for path in Path(folder).rglob("*") if path.is_file()]
    return {str(path): path.stat().st_mtime_ns for path in paths}


def recorded(load: Callable[[], Any], key: str) -> Callable[[], Any]:
    return lambda: Recorder(load(), key)


@cache
def taken(call: timer.Call) -> float:
    """Return the time of `call`, which is called only the first time that this is asked."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def hasten(stage: str) -> None:
    """Leave out what takes long in `stage` and looks at nothing more: every function of ours is called as before.

    A function that a stage times is called as it is, where TensorFlow would first make a graph of it; and once.
    """
    hurried.hurry()
    timer._times = lambda call, *_: [taken(call)]
    ceilings.compiled = workloads.compiled = lambda function, *arguments: lambda: function(*arguments)
    if stage == "report":
        from dscnn.reporting import page

        page.svgs = lambda *_: ()  # the same drawings as the files


def record(stage: str, *words: str) -> None:
    """Run a stage in this process, and write what it looked at."""
    params.load, datasets.load = recorded(params.load, ""), recorded(datasets.load, "datasets.yaml:")
    hasten(stage)
    before = files()
    module = importlib.import_module(f"dscnn.stages.{stage}")
    sys.addaudithook(note)
    module.main(*words)
    after = files()
    written = [path for path in after if after[path] != before.get(path)]
    seen = {"params": sorted(looked_at), "read": sorted(opened - set(written)), "written": sorted(written)}
    Path(f"recorded-{stage}.json").write_text(json.dumps(seen))


for call in sys.argv[1:]:
    if not (child := os.fork()):
        record(*call.split())
        sys.exit()
    _, status = os.waitpid(child, 0)
    if status:
        sys.exit(f"error: it was in {call}")
