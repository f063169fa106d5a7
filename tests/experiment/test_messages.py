import pytest
from pydantic import BaseModel, ValidationError

from dscnn.experiment import messages


class Inner(BaseModel):
    """A section with a union."""

    value: int | list[int]


class Outer(BaseModel):
    """A mapping of sections."""

    sections: dict[str, Inner]


def test_names_of_union_members_are_left_out_and_said_together() -> None:
    """Pydantic reports an error for each member of a union, under a name that is not in the file."""
    source = {"sections": {"a": {"value": "x"}}}
    with pytest.raises(ValidationError) as error:
        Outer.model_validate(source)
    (line,) = messages.lines(error.value, source, "x")
    assert line.startswith("sections.a.value: should be a valid integer")
    assert ", or a valid list" in line


def test_a_long_value_is_cut() -> None:
    """A message is for reading."""
    source = {"sections": {"a": {"value": "x" * 500}}}
    with pytest.raises(ValidationError) as error:
        Outer.model_validate(source)
    assert len(messages.lines(error.value, source, "x")[0]) < 300


def test_an_entry_of_a_list_is_named_by_its_place() -> None:
    """Counted from 0, as in the language of the file's readers."""
    source = {"sections": {"a": {"value": [1, "x"]}}}
    with pytest.raises(ValidationError) as error:
        Outer.model_validate(source)
    assert any(line.startswith("sections.a.value[1]: ") for line in messages.lines(error.value, source, "x"))
