"""What can be learnt: whether a column may be the target, and of which task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from layerlab.domain.dataset import FEATURE_KINDS, Column, ColumnKind, Dataset, Task
from layerlab.domain.problem import InvalidInput

# A number with more distinct values than this is a quantity, not a set of classes.
_MAX_NUMERIC_CLASSES: Final = 20
MAX_CLASSES: Final = 1000
MIN_ROWS: Final = 20
"""Fewer can't be told apart from chance once validation and test rows are held out."""


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
    _check_values(column, present)
    if task is None and kinds.get(target, column.kind) is ColumnKind.ID:
        # Numbers that all differ would pass for a quantity.
        raise _looks_like_id(column)
    task = task or infer_task(column)
    if task is Task.CLASSIFICATION:
        _check_classes(column, present)
    elif column.minimum is None:
        raise _unfit(
            column,
            "target_not_numeric",
            "holds no numbers, so regression can't learn it.",
            "Use task `classification`.",
        )
    _check_features(dataset, target, kinds)
    _check_rows(present)
    return task


def _check_values(column: Column, present: int) -> None:
    if present == 0:
        raise _unfit(
            column,
            "target_missing",
            "is missing in every row.",
            "Choose another column as the target.",
        )
    if column.infinite:
        raise _unfit(
            column,
            "target_infinite",
            f"has {column.infinite} infinite values.",
            "Remove or correct those rows and upload the table again.",
        )
    if column.distinct < 2:
        raise _unfit(
            column,
            "single_class",
            "has one value only; there is nothing to learn.",
            "Choose a column with at least two different values.",
        )


def _check_classes(column: Column, present: int) -> None:
    is_id = column.kind is ColumnKind.ID and column.distinct > MAX_CLASSES
    if column.distinct == present or is_id:
        raise _looks_like_id(column)
    if column.distinct > MAX_CLASSES:
        problem = _unfit(
            column,
            "too_many_classes",
            f"has {column.distinct} classes; the limit is {MAX_CLASSES}.",
            "Group rare classes" + _or_regression(column),
        )
        problem.extra = {"limit": MAX_CLASSES, "classes": column.distinct}
        raise problem


def _check_features(dataset: Dataset, target: str, kinds: Mapping[str, ColumnKind]) -> None:
    others = (column for column in dataset.columns if column.name != target)
    if not any(kinds.get(column.name, column.kind) in FEATURE_KINDS for column in others):
        raise InvalidInput(
            "no_features",
            "No column is left to learn from: all others are constant, ids, texts or ignored.",
            hint="Correct the kind of a column with `column_kinds`, or upload more columns.",
        )


def _check_rows(present: int) -> None:
    if present < MIN_ROWS:
        raise InvalidInput(
            "too_few_rows",
            f"Only {present} rows have a target; at least {MIN_ROWS} are needed to hold out "
            "validation and test rows.",
            hint="Upload more rows.",
        )


def _looks_like_id(column: Column) -> InvalidInput:
    return _unfit(
        column,
        "target_looks_like_id",
        f"looks like an id: it has {column.distinct} different values and they hardly repeat, "
        "so no class can be learnt.",
        "Choose a column whose values repeat" + _or_regression(column),
    )


def _or_regression(column: Column) -> str:
    return ", or use task `regression`." if column.minimum is not None else "."


def _unfit(column: Column, code: str, complaint: str, hint: str) -> InvalidInput:
    detail = f"The target {column.name!r} {complaint}"
    return InvalidInput(code, detail, hint=hint, field="target", column=column.name)
