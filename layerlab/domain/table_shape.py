"""How large the matrices of a study are: what work and memory are predicted from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from layerlab.domain.dataset import FEATURE_KINDS, Column, ColumnKind, Dataset, Task
from layerlab.domain.recipe import MAX_CATEGORIES, RARE_SHARE
from layerlab.domain.splitting import TEST_SHARE, VALIDATION_SHARE, SplitMethod, SplitSpec

_STRATIFIED: Final = SplitSpec()


@dataclass(frozen=True, slots=True)
class TableShape:
    """Rows that train and rows that validate, inputs, and classes (1 for a quantity)."""

    train_rows: int
    val_rows: int
    n_inputs: int
    n_outputs: int

    @property
    def matrix_bytes(self) -> int:
        """Of both parts: float32 features, and targets of at most 8 bytes."""
        return (self.train_rows + self.val_rows) * (4 * self.n_inputs + 8)


def estimate_shape(
    dataset: Dataset,
    target: str,
    task: Task,
    kinds: Mapping[str, ColumnKind],
    split: SplitSpec = _STRATIFIED,
    *,
    missing_indicators: bool = False,
    group_rare: bool = False,
) -> TableShape:
    """The shape before anything is prepared, from the profile; never smaller than a row each.

    A category gets an input for each of its values, those that no training row has included, so
    that `n_inputs` may be a little high; so may the rows where a split leaves some out that have
    no group or time. `kinds` are the user's corrections.
    """
    column = dataset.column(target)
    rows = dataset.rows - column.missing
    learnt = rows * (1 - TEST_SHARE)
    left_out = {target}
    if split.method is SplitMethod.GROUPED:
        left_out.add(split.column)
    inputs = 0
    for each in dataset.columns:
        kind = kinds.get(each.name, each.kind)
        if each.name not in left_out and kind in FEATURE_KINDS:
            inputs += (
                _categories(each, dataset.rows, group_rare)
                if kind is ColumnKind.CATEGORY
                else 1 + (missing_indicators and each.missing > 0)
            )
    return TableShape(
        train_rows=max(1, round(learnt * (1 - VALIDATION_SHARE))),
        val_rows=max(1, round(learnt * VALIDATION_SHARE)),
        n_inputs=max(1, inputs),
        n_outputs=column.distinct if task is Task.CLASSIFICATION else 1,
    )


def _categories(column: Column, rows: int, group_rare: bool) -> int:
    if not group_rare:
        return min(column.distinct, MAX_CATEGORIES)
    # Of one value more or less in the training rows; those beyond the profile's list may be as
    # frequent as its last one.
    listed = [each.count >= RARE_SHARE * rows for each in column.top]
    if listed and not all(listed):
        return min(column.distinct, listed.count(True) + 1)
    return min(column.distinct, MAX_CATEGORIES, round(1 / RARE_SHARE) + 1)
