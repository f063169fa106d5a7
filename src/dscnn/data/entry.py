"""What an entry of datasets.yaml is made of, whatever its format, and where the files of a data set lie."""

from pathlib import Path
from typing import Annotated
from unicodedata import category

from pydantic import AfterValidator, Field, Strict

from dscnn.core.schema import Distinct, Section, Sha256, Shape


class File(Section):
    """A file of a data set: its name, there and here, its size and its checksum."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    bytes: Annotated[int, Field(gt=0, lt=2**50)]
    sha256: Sha256


class Archive(Section):
    """One file that holds everything."""

    archive: File


Count = Annotated[int, Field(gt=0, le=10**8)]


class Images(Section):
    """How many images each split of the data set as published holds."""

    train: Count
    test: Count


Addresses = Annotated[tuple[str, ...], Strict(False), Distinct]  # folders, best first


def _shown(name: str) -> str:
    if not name:
        raise ValueError("'' is no name of a class")
    if any(category(each) in ("Cc", "Cs") for each in name):  # control characters, and halves of characters
        raise ValueError(f"{name!r} has characters that cannot be printed; name the class without them")
    return name


ClassName = Annotated[str, AfterValidator(_shown)]


class Entry(Section):
    """Any data set: shape of its images, names of its classes."""

    shape: Shape
    classes: Annotated[tuple[ClassName, ...], Strict(False), Field(min_length=2, max_length=256), Distinct]


class Fetched(Entry):
    """A data set that is fetched from an address."""

    images: Images
    addresses: Annotated[Addresses, Field(min_length=1)]


def raw(dataset: str) -> Path:
    """Return the folder of a data set as it came."""
    return Path("data/raw", dataset)


def fetched(dataset: str) -> Path:
    """Return the folder of its verified files, made by stage fetch."""
    return raw(dataset) / "fetched"


def packed(dataset: str) -> Path:
    """Return the user's own folder of images as one archive, made by stage pack."""
    return raw(dataset) / "packed" / "images.tar"
