"""How large the matrices of a study are: what work and memory are predicted from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from layerlab.domain.dataset import FEATURE_KINDS, Column, ColumnKind, Dataset, Task
from layerlab.domain.recipe import MAX_CATEGORIES
from layerlab.domain.splitting import TEST_SHARE, VALIDATION_SHARE


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
    dataset: Dataset, target: str, task: Task, kinds: Mapping[str, ColumnKind]
) -> TableShape:
    """The shape before anything is prepared, from the profile; never smaller than a row each.

    A category gets an input for each of its values, those that no training row has included, so
    that `n_inputs` may be a little high. `kinds` are the user's corrections.
    """
    column = dataset.column(target)
    rows = dataset.rows - column.missing
    learnt = rows * (1 - TEST_SHARE)
    return TableShape(
        train_rows=max(1, round(learnt * (1 - VALIDATION_SHARE))),
        val_rows=max(1, round(learnt * VALIDATION_SHARE)),
        n_inputs=max(1, sum(_inputs(each, kinds) for each in dataset.columns if each != column)),
        n_outputs=column.distinct if task is Task.CLASSIFICATION else 1,
    )


def _inputs(column: Column, kinds: Mapping[str, ColumnKind]) -> int:
    kind = kinds.get(column.name, column.kind)
    if kind not in FEATURE_KINDS:
        return 0
    return min(column.distinct, MAX_CATEGORIES) if kind is ColumnKind.CATEGORY else 1
