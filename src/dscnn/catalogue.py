"""The catalogue of params.yaml: an entry a data set, in a shape that depends on its format."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Strict, Tag, model_validator

from dscnn.sections import Distinct, Name, Natural, Section, Sha256, Shape, Share


class File(Section):
    """A file of a data set: its name, there and in data/raw, its size and its checksum."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    bytes: Annotated[int, Field(gt=0, lt=2**50)]
    sha256: Sha256


Count = Annotated[int, Field(gt=0, le=10**8)]


class Images(Section):
    """How many images each split of the data set as published holds."""

    train: Count
    test: Count


Addresses = Annotated[tuple[str, ...], Strict(False), Distinct]  # folders, best first


class _Dataset(Section):
    shape: Shape
    classes: Annotated[tuple[str, ...], Strict(False), Field(min_length=2, max_length=256), Distinct]


class _Fetched(_Dataset):
    images: Images
    addresses: Annotated[Addresses, Field(min_length=1)]


class BundledImages(Images):
    """The test images are drawn by `seed`, class by class."""

    seed: Natural


class BundledFiles(Section):
    table: File


class Bundled(_Fetched):
    """Images in one gzip-compressed table, without a test split of its own."""

    format: Literal["bundled"]
    images: BundledImages
    files: BundledFiles


class IdxFiles(Section):
    train_images: File
    train_labels: File
    test_images: File
    test_labels: File


class Idx(_Fetched):
    """Four gzip-compressed IDX files, as MNIST is published."""

    format: Literal["idx"]
    files: IdxFiles


class ArchiveFiles(Section):
    archive: File


class CifarBinary(_Fetched):
    """One tar.gz of fixed-length records, as the binary versions of CIFAR-10 and CIFAR-100 are published."""

    format: Literal["cifar_binary", "cifar100_fine", "cifar100_coarse"]
    files: ArchiveFiles


class NoFiles(Section):
    """Nothing to fetch."""


class FolderSplits(Section):
    """The names of the folders that hold the images of each split."""

    train: Name
    test: Name

    @model_validator(mode="after")
    def _differ(self) -> "FolderSplits":
        if self.train == self.test:
            raise ValueError(f"train and test are both {self.train!r}; one folder cannot be both")
        return self


class DrawnSplit(Section):
    """A share `test` of each class is drawn by `seed`."""

    test: Share
    seed: Natural


class ImageFolder(_Dataset):
    """Images in <split>/<class>/ or <class>/: an archive of them, or a folder that `folders` names."""

    format: Literal["image_folder"]
    images: Annotated[
        Annotated[FolderSplits, Tag("folders")] | Annotated[DrawnSplit, Tag("drawn")],
        Discriminator(lambda value: "drawn" if isinstance(value, Mapping) and "seed" in value else "folders"),
    ]
    addresses: Addresses
    files: Annotated[
        Annotated[ArchiveFiles, Tag("archive")] | Annotated[NoFiles, Tag("none")],
        Discriminator(lambda value: "archive" if value else "none"),
    ]

    @model_validator(mode="after")
    def _addresses_are_for_files(self) -> "ImageFolder":
        if bool(self.addresses) != isinstance(self.files, ArchiveFiles):
            raise ValueError("addresses and files.archive come together: both for an archive, [] and {} for a folder")
        return self


Dataset = Annotated[Bundled | Idx | CifarBinary | ImageFolder, Field(discriminator="format")]
