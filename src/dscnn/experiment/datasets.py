"""datasets.yaml, the catalogue of data sets, as frozen, typed values."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from dscnn.core.schema import Name
from dscnn.core.stage import Problem
from dscnn.data.catalogue import Dataset as Dataset  # named here for those who take an entry
from dscnn.experiment import yaml_file

PATH = Path("datasets.yaml")
EXAMPLE = "the other data sets show it"

Catalogue = dict[Name, Dataset]
_CATALOGUE: TypeAdapter[Catalogue] = TypeAdapter(Annotated[Catalogue, Field(min_length=1)])


def check(source: object) -> Catalogue:
    """Return the catalogue that `source` describes; raises `Problem` with a line for each error."""
    return yaml_file.check(source, _CATALOGUE, PATH, EXAMPLE)


def read() -> Any:
    """Return the content of datasets.yaml, unchecked; raises `Problem` if it is missing or no YAML."""
    return yaml_file.read(PATH, f"'git checkout {PATH}' restores it")


def load() -> Catalogue:
    """Return the content of datasets.yaml; see `check`."""
    return check(read())


def entry(name: str) -> Dataset:
    """Return the entry of the data set `name`; raises `Problem` if there is none."""
    catalogue = load()
    if name not in catalogue:
        raise Problem(f"{name!r} is not in {PATH}, which has {', '.join(catalogue)}")
    return catalogue[name]
