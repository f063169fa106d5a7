"""What a Python does first that has this folder in PYTHONPATH: it lets DVC read dvc.lock by libyaml.

DVC reads and writes dvc.lock anew after each stage, and reads it by the parser of ruamel.yaml in Python, which keeps
comments and is several times slower. That was a quarter of DVC's time in the pipeline's tests. Nothing else of DVC is
changed, and dvc.lock has the same bytes (tests/test_lock_in_c.py).
"""

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

MODULE = "dvc.utils.serialize._yaml"


class Changed(Loader):
    """Loads a module as `loader` does, then changes it."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        self.loader.exec_module(module)
        module.parse_yaml_for_update = module.parse_yaml  # the safe one, which takes libyaml


class Finder(MetaPathFinder):
    """Finds DVC's module for YAML, and no other."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        found = PathFinder.find_spec(name, path) if name == MODULE else None
        if found and found.loader:
            found.loader = Changed(found.loader)
        return found


sys.meta_path.insert(0, Finder())
