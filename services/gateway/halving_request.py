"""What somebody asks of a study's halving, and what comes of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from layerlab.domain.halving import DEFAULT_FACTOR, MAX_FACTOR, Halving, automatic_halving
from layerlab.domain.spec import Engine, Search

_MAX_EPOCHS: Final = 10_000


class HalvingMode(StrEnum):
    AUTO = "auto"
    OFF = "off"


class HalvingRule(BaseModel):
    """At each rung about one lane in `factor` goes on; none is dropped before `min_epochs`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    factor: int = Field(default=DEFAULT_FACTOR, ge=2, le=MAX_FACTOR)
    min_epochs: int = Field(default=1, ge=1, le=_MAX_EPOCHS)


# In brackets, as Pydantic's own "[key]": they are no part of the document.
WORD: Final = "[word]"
RULE: Final = "[rule]"


def _arm(value: Any) -> str | None:
    if isinstance(value, str):
        return WORD
    return RULE if isinstance(value, (dict, HalvingRule)) else None


HalvingChoice: TypeAlias = Annotated[
    Annotated[HalvingMode, Field(strict=False), Tag(WORD)] | Annotated[HalvingRule, Tag(RULE)],
    Discriminator(
        _arm,
        custom_error_type="invalid_halving",
        custom_error_message='Give "auto", "off" or {"factor": 3, "min_epochs": 1}',
    ),
]


def resolve_halving(
    choice: HalvingMode | HalvingRule | None,
    engine: Engine,
    search: Search,
    rows: int,
    max_epochs: int,
) -> Halving | None:
    """`auto` (or nothing) is off for a grid, whose every design was asked for, and for Keras, which
    trains lane by lane, so that few lanes are in a cohort; otherwise what suits the table.
    """
    if isinstance(choice, HalvingRule):
        return Halving(choice.factor, choice.min_epochs)
    if choice is HalvingMode.OFF or search is Search.GRID or engine is not Engine.FUSED:
        return None
    return automatic_halving(rows, max_epochs)
