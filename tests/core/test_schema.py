from typing import Annotated

import pytest
from pydantic import Strict, ValidationError

from dscnn.core.schema import Distinct, Name, Natural, Section, Shape


class Example(Section):
    """A section of a few keys."""

    first: Natural
    shape: Shape
    names: Annotated[tuple[Name, ...], Strict(False), Distinct]


FITS = {"first": 1, "shape": [2, 3, 1], "names": ["mnist", "a-b_2"]}


def test_a_section_takes_what_fits() -> None:
    """A list of YAML becomes a tuple; nothing else is converted."""
    section = Example.model_validate(FITS)
    assert (section.first, section.shape, section.names) == (1, (2, 3, 1), ("mnist", "a-b_2"))
    with pytest.raises(ValidationError, match="frozen"):
        section.first = 2


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"frist": 1}, ("unknown_key", ())),
        ({"first": "1"}, ("int_type", ("first",))),
        ({"first": True}, ("int_type", ("first",))),
        ({"first": 1.0}, ("int_type", ("first",))),
        ({"first": -1}, ("greater_than_equal", ("first",))),
        ({"shape": [2, 3, 4]}, ("literal_error", ("shape", 2))),
        ({"shape": [2, 2000, 1]}, ("less_than_equal", ("shape", 1))),
        ({"names": ["a", "b", "a"]}, ("repeated", ("names",))),
        ({"names": ["../up"]}, ("string_pattern_mismatch", ("names", 0))),
    ],
)
def test_a_section_refuses_what_does_not_fit(changed: dict[str, object], error: tuple[str, tuple[object, ...]]) -> None:
    """Unknown keys, wrong types and impossible values are found where they stand."""
    with pytest.raises(ValidationError) as raised:
        Example.model_validate(FITS | changed)
    assert [(error["type"], error["loc"]) for error in raised.value.errors()] == [error]


def test_every_key_is_required() -> None:
    """No value is a default."""
    with pytest.raises(ValidationError) as raised:
        Example.model_validate({})
    assert [(error["type"], error["loc"]) for error in raised.value.errors()] == [
        ("missing", (name,)) for name in ("first", "shape", "names")
    ]


def test_an_unknown_key_comes_with_the_known_ones() -> None:
    """The message is made of them elsewhere."""
    with pytest.raises(ValidationError) as raised:
        Example.model_validate(FITS | {"frist": 1})
    (error,) = raised.value.errors()
    assert error["ctx"] == {"key": "frist", "known": ["first", "shape", "names"]}
