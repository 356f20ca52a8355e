"""Where a trial is right and where it is wrong, on rows that it has not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from layerlab.domain.dataset import Task

MAX_CLASSES: Final = 50
"""Of a confusion matrix; rarer ones share its last place."""

MAX_CURVES: Final = 20
MAX_POINTS: Final = 100
MAX_RESIDUALS: Final = 1000


class EvaluatedRows(StrEnum):
    """The rows that something was evaluated on."""

    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class RocCurve:
    """Of one class against the rest: what part of the other rows, and of the class's own, a
    threshold lets through, from (0, 0) to (1, 1); at most MAX_POINTS of them."""

    name: str
    auc: float
    fpr: tuple[float, ...]
    tpr: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Residuals:
    """In the target's own units. `actual` and `predicted` of at most MAX_RESIDUALS rows, the rest
    over all rows."""

    actual: tuple[float, ...]
    predicted: tuple[float, ...]
    mae: float
    rmse: float
    r2: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Of `n` rows. It takes 100 kB at most, however many rows and classes there are.

    `confusion` counts rows, [true class][predicted class], of `classes` as in the data; the last
    one stands for `merged` rare ones, if that is not 0. `roc`: one curve for two classes, of the
    second; else of the most frequent classes. `residuals`: of a quantity, which has no classes.
    """

    rows: EvaluatedRows
    task: Task
    n: int
    classes: tuple[str, ...] = ()
    merged: int = 0
    confusion: tuple[tuple[int, ...], ...] = ()
    roc: tuple[RocCurve, ...] = ()
    residuals: Residuals | None = None


@dataclass(frozen=True, slots=True)
class EvaluatedTrial:
    """An evaluation that was made and kept."""

    number: int
    rows: EvaluatedRows
