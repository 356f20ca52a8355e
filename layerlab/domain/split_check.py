"""Whether a table can be split as a study asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from layerlab.domain.dataset import FEATURE_KINDS, Column, ColumnKind, Dataset
from layerlab.domain.problem import InvalidInput
from layerlab.domain.splitting import (
    MAX_FOLDS,
    MIN_FOLDS,
    TEST_SHARE,
    SplitMethod,
    SplitSpec,
)

MAX_MISSING_SHARE: Final = 0.2
"""Of the rows without a group or a time: they are in no part."""

MIN_ROWS_PER_FOLD: Final = 2
MIN_PARTS: Final = 3
"""To train, to validate and to test: of so many groups, or times, at least one each."""


def check_split(
    dataset: Dataset,
    split: SplitSpec,
    target: str,
    kinds: Mapping[str, ColumnKind] | None = None,
    resampled: bool = True,
) -> None:
    """Makes sure that every part, and every fold, gets rows.

    `target` has passed `check_target`; `kinds` are the user's corrections of column kinds.
    `resampled`: whether designs are going to be trained again on folds.

    :raises InvalidInput: about `split.folds`: `folds`, `too_few_rows_per_fold`; about
        `split.column`: `split_column_unused`, `split_column_needed`, `unknown_column`,
        `split_column_is_target`, `split_column_constant`, `split_column_missing`,
        `split_column_not_ordered`, `too_few_groups`, `too_few_times`, `no_features`.
    """
    _check_folds(dataset.rows - dataset.column(target).missing, split, resampled)
    if split.method is SplitMethod.STRATIFIED:
        if split.column:
            raise _about_column("split_column_unused", "A stratified split has no column.")
        return
    column = _checked_column(dataset, split, target)
    if split.method is SplitMethod.TIME and time_kind(column, kinds or {}) is None:
        raise _about_column(
            "split_column_not_ordered",
            f"The column {column.name!r} holds neither numbers nor dates, so it orders no rows.",
            "Choose a column of numbers or dates; dates are best written 2024-01-31.",
            column.name,
        )
    check_parts(split, column.distinct, resampled)
    if split.method is SplitMethod.GROUPED:
        _check_features(dataset, target, column.name, kinds or {})


def time_kind(column: Column, kinds: Mapping[str, ColumnKind]) -> ColumnKind | None:
    """DATE or NUMBER, whichever orders rows by this column; None: neither does."""
    if ColumnKind.DATE in (column.kind, kinds.get(column.name)):
        return ColumnKind.DATE
    return None if column.minimum is None else ColumnKind.NUMBER


def check_parts(split: SplitSpec, distinct: int, resampled: bool) -> None:
    """Of `distinct` groups or times.

    :raises InvalidInput: `too_few_groups`, `too_few_times`.
    """
    needed = MIN_PARTS
    if resampled:
        while learning_parts(split.method, needed) < learning_needed(split):
            needed += 1
    if distinct >= needed:
        return
    what = "groups" if split.method is SplitMethod.GROUPED else "times"
    folds = f" and learn in {split.folds} folds" if resampled else ""
    problem = _about_column(
        f"too_few_{what}",
        f"The column {split.column!r} tells {distinct} {what} apart; to train, validate and "
        f"test{folds}, {needed} are needed, as none may be in two parts.",
        "Choose a column with more different values"
        + (", or fewer `split.folds`." if resampled else "."),
        split.column,
    )
    problem.extra = {"found": distinct, "needed": needed}
    raise problem


def learning_parts(method: SplitMethod, parts: int) -> int:
    """How many of so many groups, or times, are sure to be learnt from: the others test."""
    if method is SplitMethod.TIME:
        return parts - 1
    return parts - max(1, int(parts * TEST_SHARE))


def learning_needed(split: SplitSpec) -> int:
    """How many groups, or times, the folds need. The first of the times only trains."""
    return split.folds + (split.method is SplitMethod.TIME)


def _check_folds(rows: int, split: SplitSpec, resampled: bool) -> None:
    if not MIN_FOLDS <= split.folds <= MAX_FOLDS:
        raise InvalidInput(
            "folds",
            f"The folds must be from {MIN_FOLDS} to {MAX_FOLDS}, not {split.folds}.",
            field="split.folds",
        )
    most = int(rows * (1 - TEST_SHARE)) // MIN_ROWS_PER_FOLD
    if resampled and learning_needed(split) > most:
        raise InvalidInput(
            "too_few_rows_per_fold",
            f"{rows} rows with a target are too few for {split.folds} folds, each of at least "
            f"{MIN_ROWS_PER_FOLD} rows that don't test.",
            hint="Ask for fewer folds, or upload more rows.",
            field="split.folds",
        )


def _checked_column(dataset: Dataset, split: SplitSpec, target: str) -> Column:
    if not split.column:
        raise _about_column(
            "split_column_needed",
            f"A split of method `{split.method.value}` needs the column to split by.",
            "Name a column of the table.",
        )
    column = dataset.column(split.column, field="split.column")
    name = column.name
    if name == target:
        raise _about_column(
            "split_column_is_target", "The target can't split the rows.", column=name
        )
    if column.distinct < 2:
        raise _about_column(
            "split_column_constant",
            f"The column {name!r} holds the same in every row.",
            "Choose a column that tells groups, or times, apart.",
            name,
        )
    if column.missing > MAX_MISSING_SHARE * dataset.rows:
        raise _about_column(
            "split_column_missing",
            f"The column {name!r} is missing in {column.missing:,} of {dataset.rows:,} rows. Such "
            f"rows are in no part; more than {MAX_MISSING_SHARE:.0%} of all are too many.",
            "Choose another column, or fill it in.",
            name,
        )
    return column


def _check_features(
    dataset: Dataset, target: str, group: str, kinds: Mapping[str, ColumnKind]
) -> None:
    others = (column for column in dataset.columns if column.name not in (target, group))
    if not any(kinds.get(column.name, column.kind) in FEATURE_KINDS for column in others):
        raise _about_column(
            "no_features",
            "No column is left to learn from: that of the groups is none.",
            "Correct the kind of a column with `column_kinds`, or upload more columns.",
            group,
        )


def _about_column(code: str, detail: str, hint: str = "", column: str = "") -> InvalidInput:
    return InvalidInput(code, detail, hint=hint, field="split.column", column=column)
