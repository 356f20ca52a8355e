"""A dataset: an uploaded table, immutable, named by its content, with its column profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from layerlab.domain.problem import InvalidInput


class ColumnKind(StrEnum):
    """What a column is to a network. `text`, `id` and `constant` columns are no features."""

    NUMBER = "number"
    CATEGORY = "category"
    DATE = "date"
    TEXT = "text"
    ID = "id"
    CONSTANT = "constant"
    IGNORE = "ignore"


FEATURE_KINDS: Final = frozenset({ColumnKind.NUMBER, ColumnKind.CATEGORY, ColumnKind.DATE})


class Task(StrEnum):
    CLASSIFICATION = "classification"
    REGRESSION = "regression"


@dataclass(frozen=True, slots=True)
class TopValue:
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Column:
    """One column's profile, over every row of the file.

    `missing` counts empty cells and the usual spellings of nothing (NA, NaN, null, …);
    `distinct` counts the values that are left, and is exact. `minimum`, `maximum` and `mean`
    are of finite numbers only, in the column's own units (dates: seconds since 1970, UTC);
    `infinite` counts the rest. `reason` says, in a sentence, why `kind` was inferred.
    """

    name: str
    kind: ColumnKind
    reason: str
    missing: int
    distinct: int
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    infinite: int = 0
    integers: bool = False
    top: tuple[TopValue, ...] = ()


@dataclass(frozen=True, slots=True)
class DataWarning:
    """Something a user should know about the table; `column` is empty when it is about all."""

    code: str
    detail: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """`dataset_id` is the lower-case hex SHA-256 of the uploaded bytes.

    `name` is for people only: no path is ever made from it.
    """

    dataset_id: str
    name: str
    rows: int
    size_bytes: int
    columns: tuple[Column, ...]
    suggested_target: str
    suggested_task: Task
    warnings: tuple[DataWarning, ...]
    created_at: datetime
    encoding: str = "utf-8"
    delimiter: str = ","

    def _some_names(self) -> str:
        # Names may be long, and a hint travels in a header: a few, cut short, are enough.
        return ", ".join(column.name[:40] for column in self.columns[:20])

    def column(self, name: str, field: str = "target") -> Column:
        """:raises InvalidInput: about the request's `field`, when there is no such column."""
        for column in self.columns:
            if column.name == name:
                return column
        raise InvalidInput(
            "unknown_column",
            f"The dataset has no column {name!r}.",
            hint=f"The columns are: {self._some_names()}.",
            field=field,
            column=name,
        )


# A number with more distinct values than this is a quantity, not a set of classes.
_MAX_NUMERIC_CLASSES: Final = 20
MAX_CLASSES: Final = 1000


def infer_task(column: Column) -> Task:
    """Few whole numbers, or no numbers: classes. Anything else is a quantity."""
    if column.kind in (ColumnKind.NUMBER, ColumnKind.ID, ColumnKind.CONSTANT) and (
        column.minimum is not None
    ):
        few = column.integers and column.distinct <= _MAX_NUMERIC_CLASSES
        return Task.CLASSIFICATION if few else Task.REGRESSION
    return Task.CLASSIFICATION


def check_target(
    dataset: Dataset,
    target: str,
    task: Task | None,
    kinds: Mapping[str, ColumnKind] | None = None,
) -> Task:
    """The task of learning `target`, after making sure that it can be learnt.

    `kinds` are the user's corrections of inferred column kinds.

    :raises InvalidInput: `unknown_column`, `target_missing`, `target_infinite`, `single_class`,
        `target_looks_like_id`, `too_many_classes`, `target_not_numeric`, `no_features`,
        `too_few_rows`.
    """
    kinds = kinds or {}
    column = dataset.column(target)
    for name in kinds:
        dataset.column(name, field="column_kinds")
    present = dataset.rows - column.missing
    if present == 0:
        raise InvalidInput(
            "target_missing",
            f"The target {target!r} is missing in every row.",
            hint="Choose another column as the target.",
            field="target",
            column=column.name,
        )
    if column.infinite:
        raise InvalidInput(
            "target_infinite",
            f"The target {target!r} has {column.infinite} infinite values.",
            hint="Remove or correct those rows and upload the table again.",
            field="target",
            column=column.name,
        )
    if column.distinct < 2:
        raise InvalidInput(
            "single_class",
            f"The target {target!r} has one value only; there is nothing to learn.",
            hint="Choose a column with at least two different values.",
            field="target",
            column=column.name,
        )
    if task is None and kinds.get(target, column.kind) is ColumnKind.ID:
        # Numbers that all differ would pass for a quantity.
        raise _looks_like_id(column)
    task = task or infer_task(column)
    if task is Task.REGRESSION and column.minimum is None:
        raise InvalidInput(
            "target_not_numeric",
            f"The target {target!r} holds no numbers, so regression can't learn it.",
            hint="Use task `classification`.",
            field="target",
            column=column.name,
        )
    if task is Task.CLASSIFICATION:
        _check_classes(column, present)
    features = [
        each
        for each in dataset.columns
        if each.name != target and kinds.get(each.name, each.kind) in FEATURE_KINDS
    ]
    if not features:
        raise InvalidInput(
            "no_features",
            "No column is left to learn from: all others are constant, ids, texts or ignored.",
            hint="Correct the kind of a column with `column_kinds`, or upload more columns.",
        )
    if present < MIN_ROWS:
        raise InvalidInput(
            "too_few_rows",
            f"Only {present} rows have a target; at least {MIN_ROWS} are needed to hold out "
            "validation and test rows.",
            hint="Upload more rows.",
        )
    return task


MIN_ROWS: Final = 20


def _check_classes(column: Column, present: int) -> None:
    if column.distinct == present or (
        column.kind is ColumnKind.ID and column.distinct > MAX_CLASSES
    ):
        raise _looks_like_id(column)
    if column.distinct > MAX_CLASSES:
        raise InvalidInput(
            "too_many_classes",
            f"The target {column.name!r} has {column.distinct} classes; the limit is "
            f"{MAX_CLASSES}.",
            hint="Group rare classes"
            + (", or use task `regression`." if column.minimum is not None else "."),
            extra={"limit": MAX_CLASSES, "classes": column.distinct},
            field="target",
            column=column.name,
        )


def _looks_like_id(column: Column) -> InvalidInput:
    return InvalidInput(
        "target_looks_like_id",
        f"The target {column.name!r} looks like an id: it has {column.distinct} different values "
        "and they hardly repeat, so no class can be learnt.",
        hint="Choose a column whose values repeat"
        + (", or use task `regression`." if column.minimum is not None else "."),
        field="target",
        column=column.name,
    )
