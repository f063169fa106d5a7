import pytest
from pydantic import ValidationError

from dscnn.sections import Natural, Section, Shape


class Two(Section):
    """A section of two keys."""

    first: Natural
    shape: Shape


def test_a_section_takes_what_fits() -> None:
    """A list of YAML becomes a tuple; nothing else is converted."""
    assert Two.model_validate({"first": 1, "shape": [2, 3, 1]}).shape == (2, 3, 1)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"frist": 1}, "unknown key 'frist'; did you mean first"),
        ({"first": "1"}, "valid integer"),
        ({"first": True}, "valid integer"),
        ({"shape": [2, 3, 4]}, "1 or 3"),
        ({"shape": [2, 2000, 1]}, "less than or equal to 1024"),
    ],
)
def test_a_section_refuses_what_does_not_fit(changed: dict[str, object], said: str) -> None:
    """Unknown keys with the nearest known one, wrong types, impossible values."""
    with pytest.raises(ValidationError, match=said):
        Two.model_validate({"first": 1, "shape": [2, 3, 1]} | changed)
