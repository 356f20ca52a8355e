"""What somebody asks of a new study, held to the rules and completed with the defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from layerlab.domain.dataset import ColumnKind, Dataset, Task
from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.metric import Metric, check_metric, default_metric
from layerlab.domain.presets import DEFAULT_PRESET, preset_space_for
from layerlab.domain.problem import InvalidInput
from layerlab.domain.recipe import RecipeName
from layerlab.domain.space import MAX_GRID, SearchSpace
from layerlab.domain.space_check import check_conditions, check_constraints
from layerlab.domain.space_document import parse_space
from layerlab.domain.spec import (
    MAX_DESIGNS,
    Budget,
    Engine,
    Search,
    StudySpec,
    VerdictMode,
)
from layerlab.domain.split_check import check_split
from layerlab.domain.splitting import SplitSpec
from layerlab.domain.table_shape import estimate_shape
from layerlab.domain.target import check_target
from services.gateway.halving_request import RULE, WORD, HalvingChoice, resolve_halving
from services.gateway.study_options import (
    ConstraintsRequest,
    SplitChoice,
    check_allowed,
    check_budget,
    parse_designs,
    resolve_constraints,
    resolve_split,
)

MAX_TRIALS: Final = 100_000
MAX_EPOCHS: Final = 10_000
MAX_TIME_SECONDS: Final = 7 * 24 * 3600.0
DEFAULT_TRIALS: Final = 64
DEFAULT_EPOCHS: Final = 200
MAX_SEED: Final = 2**53 - 1
MAX_NAME: Final = 200
_MAX_COLUMN_NAME: Final = 10_000

M = TypeVar("M", bound=BaseModel)

_STRICT: Final = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)
# A bare string is how JSON spells an enum's member; numbers stay strict.
_LAX: Final = Field(strict=False)


class BudgetRequest(BaseModel):
    """The first limit that is reached ends the study; `time_seconds` is hard.

    Without `max_trials` and `time_seconds`, a study has 64 trials, or its whole grid.
    """

    model_config = _STRICT

    max_trials: int | None = Field(default=None, ge=1, le=MAX_TRIALS)
    max_epochs: int | None = Field(
        default=None, ge=1, le=MAX_EPOCHS, description=f"Per trial. Default {DEFAULT_EPOCHS}."
    )
    time_seconds: float | None = Field(
        default=None,
        ge=1,
        le=MAX_TIME_SECONDS,
        description="Of wall time, from the study's creation.",
    )


class DesignsRequest(BaseModel):
    """Designs to try next. A field that is left out has a design's default."""

    model_config = _STRICT

    designs: list[dict[str, Any]] = Field(
        min_length=1, max_length=MAX_DESIGNS, examples=[[{"hidden": [64, 64], "dropout": 0.1}]]
    )


class StudyRequest(BaseModel):
    """One search for a network: only `dataset_id` and `target` are required."""

    model_config = _STRICT

    dataset_id: str = Field(min_length=1, max_length=200)
    target: str = Field(min_length=1, max_length=_MAX_COLUMN_NAME)
    name: str | None = Field(default=None, max_length=MAX_NAME, description="For people.")
    task: Annotated[Task | None, _LAX] = Field(
        default=None, description="Inferred from the target."
    )
    preset: str | None = Field(
        default=None, max_length=100, description=f"Default `{DEFAULT_PRESET}`; see /v1/presets."
    )
    space: dict[str, Any] | None = Field(
        default=None,
        description="A design's field to its choices, its range or its value; "
        "a field that is left out is taken from the preset.",
        examples=[{"hidden": [[64, 64], [128]], "learning_rate": {"low": 1e-4, "high": 1e-2}}],
    )
    search: Annotated[Search | None, _LAX] = Field(default=None, description="Default `random`.")
    recipe: Annotated[RecipeName | None, _LAX] = Field(default=None, description="Default `paper`.")
    engine: Annotated[Engine | None, _LAX] = Field(default=None, description="Default `fused`.")
    seed: int | None = Field(
        default=None,
        ge=0,
        le=MAX_SEED,
        description="Decides the split and the proposals. Default 0, so that a study repeats.",
    )
    column_kinds: dict[str, Annotated[ColumnKind, _LAX]] | None = Field(
        default=None, description="Corrections of inferred kinds, by column."
    )
    budget: BudgetRequest | None = None
    halving: HalvingChoice | None = Field(
        default=None,
        description="Whether cohorts drop their weaker lanes at rungs (Hyperband). Default `auto`: "
        "on for the fused engine and every search but grid, when there are epochs enough to save.",
    )
    metric: Annotated[Metric | None, _LAX] = Field(
        default=None,
        description="What designs are compared by. Default `accuracy`, of a quantity `r2`.",
    )
    split: SplitChoice | None = Field(
        default=None, description="How rows are divided. Default `stratified`."
    )
    constraints: ConstraintsRequest | None = None
    designs: list[dict[str, Any]] | None = Field(
        default=None,
        max_length=MAX_DESIGNS,
        description="Your own, tried first; a field that is left out has a design's default.",
        examples=[[{"hidden": [64, 64], "dropout": 0.1}]],
    )
    verdict: Annotated[VerdictMode | None, _LAX] = Field(
        default=None,
        description="`auto`: the best designs are trained again and compared, beside baselines. "
        "`off`: the best trial is tested, and that is all. Default `auto`, where the rows suffice.",
    )
    estimate_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Of an estimate of this very study: it is kept with it, beside what it took.",
    )


def parse_request(document: JsonObject) -> StudyRequest:
    """:raises InvalidInput: as `parse_as`."""
    return parse_as(StudyRequest, document)


def parse_as(model: type[M], document: JsonObject) -> M:
    """:raises InvalidInput: `unknown_field`, `missing_field`, `invalid_value`, naming the field;
    `errors` lists all that is wrong.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        complaints = [(each["loc"], each["type"], each["msg"]) for each in error.errors()]
        raise problem_of(complaints) from error


_ARMS: Final = frozenset({"[key]", WORD, RULE})
_CODES: Final = {"extra_forbidden": "unknown_field", "missing": "missing_field"}


Complaint: TypeAlias = tuple[tuple[int | str, ...], str, str]
"""Pydantic's location, type and message of one thing that is wrong."""


def problem_of(complaints: Sequence[Complaint]) -> InvalidInput:
    """The first complaint as the problem, and all of them in `errors`."""
    wrong: list[JsonValue] = [
        {"field": field_path(location), "detail": message}
        for location, _, message in complaints[:20]
    ]
    location, kind, message = complaints[0]
    field = field_path(location)
    code = _CODES.get(kind, "invalid_value")
    detail = {
        "unknown_field": f"`{field}` is no field of this request.",
        "missing_field": f"`{field}` is missing.",
    }.get(code, f"`{field}`: {message}.")
    return InvalidInput(
        code,
        detail,
        hint="The fields and their limits are in /openapi.json.",
        field=field,
        extra={"errors": wrong},
    )


def field_path(location: tuple[int | str, ...]) -> str:
    # Pydantic adds the names of a union's arms, which are no part of the document.
    return ".".join(str(each) for each in location if each not in _ARMS)


def build_spec(request: StudyRequest, dataset: Dataset) -> StudySpec:
    """The study that `request` describes, on `dataset`, with every default filled in.

    :raises InvalidInput: what `check_target`, `preset_space`, `parse_space`, `check_task`,
        `check_conditions`, `check_metric`, `check_split`, `check_constraints` and `study_options`
        say; `unknown_column` for a kind of no column; `grid_too_large` with the `size`.
    """
    kinds = request.column_kinds or {}
    _check_kinds(dataset, kinds)
    task = check_target(dataset, request.target, request.task, kinds)
    preset = request.preset or DEFAULT_PRESET
    base = preset_space_for(preset, dataset, request.target, kinds, request.recipe)
    space = _space(request.space or {}, base, task)
    metric = request.metric or default_metric(task)
    check_metric(metric, task)
    split, verdict = _split_and_verdict(request, dataset, kinds)
    search, engine = request.search or Search.RANDOM, request.engine or Engine.FUSED
    if search is Search.GRID:
        _check_grid(space)
    designs = parse_designs(request.designs or (), task)
    budget = _budget(request.budget or BudgetRequest(), space, search, len(designs))
    check_budget(designs, budget)
    constraints = resolve_constraints(request.constraints)
    table = estimate_shape(dataset, request.target, task, kinds, split)
    check_constraints(space, constraints, table, budget.max_epochs)
    check_allowed(designs, constraints, table, budget.max_epochs)
    return StudySpec(
        dataset_id=dataset.dataset_id,
        target=request.target,
        task=task,
        space=space,
        budget=budget,
        name=request.name or f"{request.target} of {dataset.name}"[:MAX_NAME],
        preset=preset,
        search=search,
        recipe=request.recipe or RecipeName.PAPER,
        engine=engine,
        seed=request.seed or 0,
        column_kinds=kinds,
        halving=resolve_halving(request.halving, engine, search, dataset.rows, budget.max_epochs),
        metric=metric,
        split=split,
        constraints=constraints,
        designs=designs,
        verdict=verdict,
    )


def _space(asked: JsonObject, base: SearchSpace, task: Task) -> SearchSpace:
    space = parse_space(asked, base)
    check_conditions(space, asked)
    space.check_task(task)
    return space


def _split_and_verdict(
    request: StudyRequest, dataset: Dataset, kinds: Mapping[str, ColumnKind]
) -> tuple[SplitSpec, VerdictMode]:
    """A table that is too small for folds has no verdict, unless one is asked for."""
    split, asked = resolve_split(request.split), request.verdict
    try:
        check_split(dataset, split, request.target, kinds, asked is not VerdictMode.OFF)
    except InvalidInput:
        if asked is not None:
            raise
        check_split(dataset, split, request.target, kinds, resampled=False)
        return split, VerdictMode.OFF
    return split, asked or VerdictMode.AUTO


def _check_kinds(dataset: Dataset, kinds: Mapping[str, ColumnKind]) -> None:
    known = {column.name for column in dataset.columns}
    for name in kinds:
        if name not in known:
            raise InvalidInput(
                "unknown_column",
                f"`column_kinds` names {name!r}, which is no column of the dataset.",
                hint="The columns are in the dataset's document.",
                field="column_kinds",
                column=name,
            )


def _check_grid(space: SearchSpace) -> None:
    size = space.grid_size()
    if size > MAX_GRID:
        raise InvalidInput(
            "grid_too_large",
            f"The grid has {size:,} designs; the limit is {MAX_GRID:,}.",
            hint="Give fewer choices, or use search `random`, which has no such limit.",
            field="space",
            extra={"size": size, "limit": MAX_GRID},
        )


def _budget(asked: BudgetRequest, space: SearchSpace, search: Search, designs: int) -> Budget:
    """`designs`: so many are asked for one by one."""
    max_trials = asked.max_trials
    if max_trials is None and asked.time_seconds is None:
        # Half a grid would be no grid search.
        max_trials = space.grid_size() if search is Search.GRID else DEFAULT_TRIALS
        max_trials = max(max_trials, designs)
    return Budget(max_trials, asked.max_epochs or DEFAULT_EPOCHS, asked.time_seconds)
