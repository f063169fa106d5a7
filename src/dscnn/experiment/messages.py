"""The faults that pydantic finds in a YAML file, in the words of that file rather than of Python."""

import difflib
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError


def lines(error: ValidationError, source: object, example: str) -> list[str]:
    """Return a line for each fault in `source`: its dotted key, the value and what is allowed.

    `example` is what is said of a missing key: where a right one is seen.
    """
    said: dict[str, str] = {}
    for fault in error.errors(include_url=False):
        if fault["type"] == "too_short" and len(fault["input"]) >= fault["ctx"]["min_length"]:
            continue  # short only of the entries that are faults of their own
        key, words = _key(fault["loc"], source, fault["type"] == "missing"), _said(fault, example)
        if key in said:
            words = f"{said[key].removesuffix(_given(fault))}, or {words.removeprefix('should be ')}"
        said[key] = words
    return [f"{key}: {words}" if key else words for key, words in said.items()]


def _key(loc: Sequence[int | str], source: Any, missing: bool) -> str:
    """Return the dotted key of a fault; pydantic's names for the members of a union are left out.

    `missing`: the last part is a key that is not there.
    """
    key, node = "", source
    for i, part in enumerate(loc):
        if part == "[key]":
            continue  # the key itself is the fault
        if isinstance(node, Mapping) and (part in node or (missing and i == len(loc) - 1)):
            key, node = f"{key}.{part}" if key else str(part), node.get(part)
        elif isinstance(node, list) and isinstance(part, int):
            key, node = f"{key}[{part}]", node[part] if part < len(node) else None
    return key


def _given(fault: Any) -> str:
    return f", not {reprlib.repr(fault['input'])}"


def _said(fault: Any, example: str) -> str:
    given = _given(fault)
    match fault["type"]:
        case "missing":
            return f"missing; {example}"
        case "value_error":
            return str(fault["ctx"]["error"])
        case "unknown_key":
            key, known = fault["ctx"]["key"], fault["ctx"]["known"]
            close = difflib.get_close_matches(str(key), known, n=1)
            return f"unknown key {key!r}; " + (f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}")
        case "repeated":
            return f"{fault['ctx']['value']!r} is repeated; each may stand once"
        case "union_tag_invalid":
            return f"format {fault['ctx']['tag']!r} should be one of {fault['ctx']['expected_tags']}"
        case "union_tag_not_found":
            return f"format is missing; {example}"
        case "tuple_type":
            return f"should be a list{given}"
        case "too_long":
            return f"should be a list of at most {fault['ctx']['max_length']}{given}"
        case "too_short":
            least = fault["ctx"]["min_length"]
            return f"should have at least {least} {'entry' if least == 1 else 'entries'}{given}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"should be a mapping of keys to values{given}"
    return f"{fault['msg'].replace('Input should', 'should').replace('String should', 'should')}{given}"
