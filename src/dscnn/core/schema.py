"""What the YAML files that people edit are checked with: strict sections, and the types of their values.

No message stands here: `dscnn.experiment.messages` puts errors into words.
"""

from collections.abc import Hashable, Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, model_validator
from pydantic_core import PydanticCustomError

T = TypeVar("T", bound=Hashable)


def _distinct(values: tuple[T, ...]) -> tuple[T, ...]:
    for i, value in enumerate(values):
        if value in values[:i]:
            raise PydanticCustomError("repeated", "repeated", {"value": value})
    return values


Distinct = AfterValidator(_distinct)
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]  # it becomes a folder and part of a stage's name
Natural = Annotated[int, Field(ge=0, lt=2**32)]
Rate = Annotated[float, Field(ge=0, lt=1)]
Share = Annotated[float, Field(gt=0, lt=1)]
Quantity = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Side = Annotated[int, Field(gt=0, le=1024)]  # pixels
Shape = Annotated[tuple[Side, Side, Literal[1, 3]], Strict(False)]  # height, width, channels
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Section(BaseModel):
    """A mapping of a YAML file: every key required, none unknown, no value converted."""

    model_config = ConfigDict(strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _knows_its_keys(cls, value: object) -> object:
        known = list(cls.model_fields)
        for key in value if isinstance(value, Mapping) else ():
            if key not in known:
                raise PydanticCustomError("unknown_key", "unknown key", {"key": key, "known": known})
        return value
