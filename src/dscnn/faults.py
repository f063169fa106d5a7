"""The faults that pydantic finds in params.yaml, in the words of that file rather than of Python."""

import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError


def lines(error: ValidationError, source: object) -> list[str]:
    """Return a line for each fault in `source`: its dotted key, the value and what is allowed."""
    said: dict[str, str] = {}
    for fault in error.errors(include_url=False):
        if fault["type"] == "too_short" and len(fault["input"]) >= fault["ctx"]["min_length"]:
            continue  # short only of the entries that are faults of their own
        key, words = _key(fault["loc"], source), _said(fault)
        if key in said:
            words = f"{said[key].removesuffix(_given(fault))}, or {words.removeprefix('should be ')}"
        said[key] = words
    return [f"{key}: {words}" if key else words for key, words in said.items()]


def _key(loc: Sequence[int | str], source: Any) -> str:
    """Return the dotted key of a fault; pydantic's names for the members of a union are left out."""
    key, node = "", source
    for i, part in enumerate(loc):
        if part == "[key]":
            continue  # the key itself is the fault
        if isinstance(node, Mapping) and (part in node or i == len(loc) - 1):
            key, node = f"{key}.{part}" if key else str(part), node.get(part)
        elif isinstance(node, list) and isinstance(part, int):
            key, node = f"{key}[{part}]", node[part] if part < len(node) else None
    return key


def _given(fault: Any) -> str:
    return f", not {reprlib.repr(fault['input'])}"


def _said(fault: Any) -> str:
    """Return what is wrong and what is allowed, in the words of params.yaml rather than of Python."""
    given = _given(fault)
    match fault["type"]:
        case "missing":
            return "missing; presets/quick.yaml shows it"
        case "value_error":
            return str(fault["ctx"]["error"])
        case "union_tag_invalid":
            return f"format {fault['ctx']['tag']!r} should be one of {fault['ctx']['expected_tags']}"
        case "union_tag_not_found":
            return "format is missing; presets/quick.yaml shows it"
        case "tuple_type":
            return f"should be a list{given}"
        case "too_long":
            return f"should be a list of at most {fault['ctx']['max_length']}{given}"
        case "too_short":
            return f"should have at least {fault['ctx']['min_length']} entry{given}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"should be a mapping of keys to values{given}"
    return f"{fault['msg'].replace('Input should', 'should').replace('String should', 'should')}{given}"
