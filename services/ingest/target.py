"""Which column a user probably wants to learn."""

from __future__ import annotations

from typing import Final

from layerlab.domain.dataset import Column, ColumnKind, Dataset, Task
from layerlab.domain.problem import InvalidInput
from layerlab.domain.target import MIN_ROWS, check_target, infer_task

# What tables call their label, the surest names first.
_NAMES: Final = (
    "target", "label", "labels", "class_label", "y", "outcome", "diagnosis", "species", "survived",
    "churn", "exited", "attrition", "is_fraud", "fraud", "default", "response", "class",
)  # fmt: skip  # A list to read, not to scroll.
# Each try looks at every column: in a table of thousands, the likeliest must do.
_MAX_TRIED: Final = 100
_NO_TARGETS: Final = frozenset(
    {ColumnKind.ID, ColumnKind.CONSTANT, ColumnKind.TEXT, ColumnKind.DATE, ColumnKind.IGNORE}
)


def suggest_target(dataset: Dataset) -> tuple[str, Task]:
    """The column named like a label, else the last one that can be learnt; never an id.

    A table too small to learn from still gets a suggestion, by the same order.
    """
    candidates = _by_likelihood(dataset.columns)[:_MAX_TRIED]
    for column in candidates:
        task = _learnable(dataset, column)
        if task is not None:
            return column.name, task
    best = candidates[0] if candidates else dataset.columns[-1]
    return best.name, infer_task(best)


def _by_likelihood(columns: tuple[Column, ...]) -> list[Column]:
    possible = [column for column in columns if column.kind not in _NO_TARGETS]
    named = [
        column
        for name in _NAMES
        for column in possible
        if column.name.lower().replace(" ", "_") == name
    ]
    return named + [column for column in reversed(possible) if column not in named]


def _learnable(dataset: Dataset, column: Column) -> Task | None:
    try:
        return check_target(dataset, column.name, None)
    except InvalidInput as problem:
        small = problem.code == "too_few_rows" and dataset.rows < MIN_ROWS
        return infer_task(column) if small else None
