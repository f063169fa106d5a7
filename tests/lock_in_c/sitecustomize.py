"""What a Python does first that has this folder in PYTHONPATH: it lets DVC read and write dvc.lock by libyaml.

DVC reads and writes dvc.lock anew after each stage, by the parser of ruamel.yaml in Python, which keeps comments and is
ten times slower. That was half of the time of the pipeline's tests. Nothing else of DVC is changed, and the content of
dvc.lock is the same (tests/test_lock_in_c.py).
"""

import sys
from collections import OrderedDict
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
        module._dump = dump


class Finder(MetaPathFinder):
    """Finds DVC's module for YAML, and no other."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        found = PathFinder.find_spec(name, path) if name == MODULE else None
        if found and found.loader:
            found.loader = Changed(found.loader)
        return found


def dump(data: Any, stream: Any) -> None:
    """Write `data` to `stream` as YAML, its keys in their order."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe")
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    yaml.representer.add_representer(OrderedDict, type(yaml.representer).represent_dict)
    yaml.dump(data, stream)


sys.meta_path.insert(0, Finder())
