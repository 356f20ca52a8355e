"""How rows are divided into those that train, those that steer the search, and the test rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

TEST_SHARE: Final = 0.2
"""Of all rows with a target."""

VALIDATION_SHARE: Final = 0.2
"""Of what is left after the test rows: 16 % of all."""

DEFAULT_FOLDS: Final = 5
MIN_FOLDS: Final = 3
MAX_FOLDS: Final = 10


class SplitMethod(StrEnum):
    """`stratified`: every part has its share of each class, or of each quantile of a quantity.

    `grouped`: rows of one group (equal cells in a column) are never in two parts. `time`: in the
    order of a column, the last rows test, and those before them validate.
    """

    STRATIFIED = "stratified"
    GROUPED = "grouped"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class SplitSpec:
    """`column` is that of the groups, or of the times; none for `stratified`.

    `folds`: into so many the learning rows (all but the test rows) are divided where designs are
    trained again (`repeat_place`).
    """

    method: SplitMethod = SplitMethod.STRATIFIED
    column: str = ""
    folds: int = DEFAULT_FOLDS


def repeat_place(repeat: int, folds: int) -> tuple[int, int]:
    """The partition (from 1) and its fold (from 0) that validates in repeat 1, 2, ….

    Repeat 0 is the search's own split, and no part of a partition.
    """
    return divmod(repeat - 1 + folds, folds)
