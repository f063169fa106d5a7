"""YAML files as checked values."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError

from dscnn.core.stage import Problem
from dscnn.experiment import messages

T = TypeVar("T")


def read(path: Path, remedy: str) -> Any:
    """Return what `path` holds, read by the library that DVC takes, so that both see the same values.

    Its parser in C, which DVC has, ends the process where a file is nested too deeply; this one raises an error.
    DVC takes UTF-8 alone. Raises `Problem` if it is missing, with the `remedy`, or is not YAML.
    """
    try:
        content = path.read_bytes()
        content.decode()
        return YAML(typ="safe", pure=True).load(content)
    except FileNotFoundError:
        raise Problem(f"{path} is missing: {remedy}") from None
    except UnicodeDecodeError as error:
        raise Problem(f"{path} is not YAML as DVC takes it, in UTF-8 ({error}): save it as UTF-8") from None
    except DuplicateKeyError as error:  # whose end is about an option of the library
        twice = str(error.problem).partition(" with value")[0]
        raise Problem(f"{path} is not YAML: {twice}\n{error.problem_mark}") from None
    except (YAMLError, ValueError) as error:  # a number of thousands of digits
        raise Problem(f"{path} is not YAML: {error}") from None
    except RecursionError:
        raise Problem(f"{path} is not YAML that anyone wrote: nested too deeply") from None


def check(source: object, expected: TypeAdapter[T], path: Path, example: str) -> T:
    """Return `source`, the content of `path`, as checked values; `example` says where a right one is seen.

    Raises `Problem` with a line for each error: its dotted key, the value and what is allowed.
    """
    try:
        return expected.validate_python(source)
    except ValidationError as error:
        raise problem(path, messages.lines(error, source, example)) from None


def problem(path: Path, lines: list[str]) -> Problem:
    return Problem("\n  ".join([f"{path}:", *lines]))
