"""What somebody may ask of a study beside its search: a split, constraints, own designs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from layerlab.domain.constraints import Constraints
from layerlab.domain.dataset import Task
from layerlab.domain.design import ClassWeight, Design
from layerlab.domain.json_value import JsonObject
from layerlab.domain.problem import InvalidInput
from layerlab.domain.spec import MAX_DESIGNS, Budget
from layerlab.domain.splitting import DEFAULT_FOLDS, MAX_FOLDS, MIN_FOLDS, SplitMethod, SplitSpec
from layerlab.domain.table_shape import TableShape
from services.gateway.halving_request import RULE, WORD

_STRICT: Final = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)
_MAX_COLUMN_NAME: Final = 10_000
_MAX_PARAMS: Final = 2**53 - 1
_MAX_SECONDS: Final = 7 * 24 * 3600.0


class SplitRequest(BaseModel):
    """`grouped`: rows of one group are never in two parts. `time`: the last rows test, and those
    before them validate. `column` is that of the groups, or of the times.
    """

    model_config = _STRICT

    method: Annotated[SplitMethod, Field(strict=False)] = SplitMethod.STRATIFIED
    column: str | None = Field(default=None, min_length=1, max_length=_MAX_COLUMN_NAME)
    folds: int = Field(
        default=DEFAULT_FOLDS,
        ge=MIN_FOLDS,
        le=MAX_FOLDS,
        description="Into so many parts the learning rows are divided where designs train again.",
    )


def _arm(value: Any) -> str | None:
    if isinstance(value, str):
        return WORD
    return RULE if isinstance(value, (dict, SplitRequest)) else None


SplitChoice: TypeAlias = Annotated[
    Annotated[SplitMethod, Field(strict=False), Tag(WORD)] | Annotated[SplitRequest, Tag(RULE)],
    Discriminator(
        _arm,
        custom_error_type="invalid_split",
        custom_error_message=(
            'Give "stratified", or such as {"method": "grouped", "column": "patient", "folds": 5}'
        ),
    ),
]


class ConstraintsRequest(BaseModel):
    """Designs beyond these are not tried."""

    model_config = _STRICT

    max_params: int | None = Field(
        default=None, ge=1, le=_MAX_PARAMS, description="Trainable parameters."
    )
    max_trial_seconds: float | None = Field(
        default=None,
        gt=0,
        le=_MAX_SECONDS,
        description="Of all of a trial's epochs on one core, as predicted.",
    )


def resolve_split(choice: SplitMethod | SplitRequest | None) -> SplitSpec:
    """Whether the dataset has such a column is another question (`check_split`)."""
    if choice is None:
        return SplitSpec()
    if isinstance(choice, SplitMethod):
        return SplitSpec(choice)
    return SplitSpec(choice.method, choice.column or "", choice.folds)


def resolve_constraints(asked: ConstraintsRequest | None) -> Constraints:
    if asked is None:
        return Constraints()
    return Constraints(asked.max_params, asked.max_trial_seconds)


def parse_designs(documents: Sequence[JsonObject], task: Task) -> tuple[Design, ...]:
    """Each once. What a document leaves out has a design's default.

    :raises InvalidInput: `too_many_designs`; `invalid_design`, with `designs.NUMBER.FIELD`.
    """
    if len(documents) > MAX_DESIGNS:
        raise _too_many(len(documents), MAX_DESIGNS)
    designs: dict[Design, None] = {}
    for place, document in enumerate(documents):
        try:
            design = Design.from_json(document)
        except InvalidInput as error:
            raise _at(place, error.field, error.detail) from error
        if task is Task.REGRESSION and design.class_weight is not ClassWeight.NONE:
            why = "`class_weight` must be none in a regression: a quantity has no classes."
            raise _at(place, "class_weight", why)
        designs[design] = None
    return tuple(designs)


def check_budget(designs: Sequence[Design], budget: Budget) -> None:
    """:raises InvalidInput: `too_many_designs` for the budget's trials."""
    if budget.max_trials is not None and len(designs) > budget.max_trials:
        raise _too_many(len(designs), budget.max_trials)


def check_allowed(
    designs: Sequence[Design], constraints: Constraints, table: TableShape, max_epochs: int
) -> None:
    """:raises InvalidInput: `design_not_allowed`, naming the design."""
    for place, design in enumerate(designs):
        if not constraints.allow(design, table, max_epochs):
            raise InvalidInput(
                "design_not_allowed",
                f"`designs` number {place} is beyond the study's own `constraints`.",
                hint="Leave the design out, or raise the limit.",
                field=f"designs.{place}",
            )


def _too_many(count: int, limit: int) -> InvalidInput:
    return InvalidInput(
        "too_many_designs",
        f"There are {count:,} designs, and trials for {limit:,}.",
        hint=f"Give fewer; with `budget.max_trials`, up to {MAX_DESIGNS:,}.",
        field="designs",
        extra={"size": count, "limit": limit},
    )


def _at(place: int, field: str, detail: str) -> InvalidInput:
    path = f"designs.{place}.{field}" if field else f"designs.{place}"
    return InvalidInput("invalid_design", detail, field=path)
