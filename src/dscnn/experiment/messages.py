"""The errors that pydantic finds in a YAML file, in the words of that file rather than of Python."""

import difflib
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError


def lines(validation: ValidationError, source: object, example: str) -> list[str]:
    """Return a line for each error in `source`: its dotted key, the value and what is allowed.

    `example` is what is said of a missing key: where a right one is seen.
    """
    said: dict[str, str] = {}
    for error in validation.errors(include_url=False):
        if error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]:
            continue  # short only of the entries that are errors of their own
        key, words = _key(error["loc"], source, error["type"] == "missing"), _said(error, example)
        if key in said:
            words = f"{said[key].removesuffix(_given(error))}, or {words.removeprefix('should be ')}"
        said[key] = words
    return [f"{key}: {words}" if key else words for key, words in said.items()]


def _key(loc: Sequence[int | str], source: Any, missing: bool) -> str:
    """Return the dotted key of an error; pydantic's names for the members of a union are left out.

    `missing`: the last part is a key that is not there.
    """
    key, node = "", source
    for i, part in enumerate(loc):
        if part == "[key]":
            continue  # the key itself is the error
        if isinstance(node, Mapping) and (part in node or (missing and i == len(loc) - 1)):
            key, node = f"{key}.{part}" if key else str(part), node.get(part)
        elif isinstance(node, list) and isinstance(part, int):
            key, node = f"{key}[{part}]", node[part] if part < len(node) else None
    return key


def _given(error: Any) -> str:
    return f", not {reprlib.repr(error['input'])}"


def _said(error: Any, example: str) -> str:
    given = _given(error)
    match error["type"]:
        case "missing":
            return f"missing; {example}"
        case "value_error":
            return str(error["ctx"]["error"])
        case "unknown_key":
            key, known = error["ctx"]["key"], error["ctx"]["known"]
            close = difflib.get_close_matches(str(key), known, n=1)
            return f"unknown key {key!r}; " + (f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}")
        case "repeated":
            return f"{error['ctx']['value']!r} is repeated; each may stand once"
        case "union_tag_invalid":
            return f"format {error['ctx']['tag']!r} should be one of {error['ctx']['expected_tags']}"
        case "union_tag_not_found":
            return f"format is missing; {example}"
        case "tuple_type":
            return f"should be a list{given}"
        case "too_long":
            return f"should be a list of at most {error['ctx']['max_length']}{given}"
        case "too_short":
            least = error["ctx"]["min_length"]
            return f"should have at least {least} {'entry' if least == 1 else 'entries'}{given}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"should be a mapping of keys to values{given}"
    return f"{error['msg'].replace('Input should', 'should').replace('String should', 'should')}{given}"
