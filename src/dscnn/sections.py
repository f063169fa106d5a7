"""What the sections of params.yaml are built from: strict sections and the kinds of values they hold."""

import difflib
from collections.abc import Hashable, Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, model_validator

T = TypeVar("T", bound=Hashable)


def _distinct(values: tuple[T, ...]) -> tuple[T, ...]:
    repeated = [value for i, value in enumerate(values) if value in values[:i]]
    if repeated:
        raise ValueError(f"{repeated[0]!r} is repeated; each may stand once")
    return values


Distinct = AfterValidator(_distinct)
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]  # it becomes a folder and part of a stage's name
Positive = Annotated[int, Field(gt=0)]
Natural = Annotated[int, Field(ge=0, lt=2**32)]
Rate = Annotated[float, Field(ge=0, lt=1)]
Share = Annotated[float, Field(gt=0, lt=1)]
Side = Annotated[int, Field(gt=0, le=1024)]  # pixels
Shape = Annotated[tuple[Side, Side, Literal[1, 3]], Strict(False)]  # height, width, channels
Positives = Annotated[tuple[Positive, ...], Strict(False)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Section(BaseModel):
    """A mapping of params.yaml: every key required, none unknown, no value converted."""

    model_config = ConfigDict(strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _knows_its_keys(cls, value: object) -> object:
        known = list(cls.model_fields)
        for key in value if isinstance(value, Mapping) else ():
            if key not in known:
                close = difflib.get_close_matches(str(key), known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
                raise ValueError(f"unknown key {key!r}; {hint}")
        return value
