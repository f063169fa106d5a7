"""How images are laid out, in <split>/<class>/ or in <class>/: which files count, and what a place means."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
HIDDEN = ("__MACOSX", "Thumbs.db", "desktop.ini")


def hidden(name: str) -> bool:
    """Whether a file or folder is of the kind that systems leave behind and people do not see."""
    return name.startswith(".") or name in HIDDEN


def is_image(name: PurePosixPath) -> bool:
    """Whether a file is called like an image."""
    return name.suffix.lower() in SUFFIXES


def unknown(kind: str) -> str:
    return f"{kind!r} is not among the classes in datasets.yaml"


def place(name: PurePosixPath, splits: Mapping[str, str], classes: Sequence[str]) -> tuple[str, int] | str | None:
    """Return split and class of an image, or what is wrong with a file; None if only other files can tell.

    `splits` says which folder holds which split; it is empty where the test split is drawn.
    """
    folders = name.parent.parts
    if len(folders) < (2 if splits else 1):
        return f"lies in no {'split and class' if splits else 'class'}" if is_image(name) else None
    if splits and folders[-2] not in splits:
        return None
    if folders[-1] in classes:
        split = splits[folders[-2]] if splits else "all"
        return (split, classes.index(folders[-1])) if is_image(name) else f"no image ({', '.join(SUFFIXES)})"
    if not splits and not {*classes}.isdisjoint(folders):
        return "lies deeper than its class"
    return unknown(folders[-1]) if is_image(name) else None
