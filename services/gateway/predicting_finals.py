"""What a study's finals will take: the best designs trained again, baselines, what explains the
winner, and judging. Bounded as the scheduler bounds them (`services/scheduler/finals`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from layerlab.domain.finals_work import (
    COHORT_SECONDS,
    SLOWER,
    WORK_PER_SECOND,
    are_trees_quick,
    confirm_work,
    explain_work,
)
from layerlab.domain.spec import Engine, StudySpec
from layerlab.domain.table_shape import TableShape

_LEAST_FINALISTS: Final = 2
# They end as soon as there is nothing more to tell apart.
_LEAST_SHARE: Final = 0.3
# Rounds are judged one by one, the first in a process that has yet to load.
_JUDGING_SECONDS: Final = (0.5, 3.0)
# What a cohort of baselines takes beside the fits, and once: scikit-learn takes its time to load.
_COHORT_SECONDS: Final = (0.05, 0.3)
_PROCESS_SECONDS: Final = (0.9, 2.5)
# Boosted trees: 100 for each class, and what a leaf, an input of it and a cell of the table take.
_TREES: Final = 100
_MOST_LEAVES: Final = 31
_LEAF_ROWS: Final = 20
_LEAF_SECONDS: Final = 30e-6
_INPUT_SECONDS: Final = 1e-6
_CELL_SECONDS: Final = 7e-9


@dataclass(frozen=True, slots=True)
class Load:
    """Operations of the search's training and of one finalist's, and what is done in a second by
    all `workers` together. `spread`: by what factor the work may be more, or less.
    """

    search: float
    lane: float
    pace: float
    workers: int
    spread: float


def finals_seconds(spec: StudySpec, table: TableShape, load: Load) -> tuple[float, float]:
    """At least, and at most."""
    least, most = load.search / load.spread, load.search * load.spread
    low = _LEAST_SHARE * _allowance(least, spec.engine) / load.pace
    high = SLOWER * _allowance(most, spec.engine) / load.pace
    repeats = spec.split.folds if _affords_baselines(spec, load) else 0
    trees = _trees_seconds(table)
    again = repeats if are_trees_quick(table) else 0
    fits, workers = (1 + again) * trees, min(load.workers, 1 + repeats)
    processes = [
        once + (1 + repeats) * each
        for once, each in zip(_PROCESS_SECONDS, _COHORT_SECONDS, strict=True)
    ]
    return (
        low + _JUDGING_SECONDS[0] + (processes[0] + 0.7 * fits) / workers,
        high + _JUDGING_SECONDS[1] + (processes[1] + 1.5 * fits) / workers,
    )


def _allowance(search: float, engine: Engine) -> float:
    return confirm_work(search, engine) + explain_work(search, engine)


def _affords_baselines(spec: StudySpec, load: Load) -> bool:
    """On the resamplings, too: if the first round of the fewest finalists leaves room for them."""
    folds = spec.split.folds
    first = (
        _LEAST_FINALISTS * folds * load.lane + (2 * folds + 1) * COHORT_SECONDS * WORK_PER_SECOND
    )
    return first <= confirm_work(load.search, spec.engine)


def _trees_seconds(table: TableShape) -> float:
    """Fitted once, measured with scikit-learn 1.7 on one core."""
    leaves = min(_MOST_LEAVES, table.train_rows / _LEAF_ROWS)
    cells = table.train_rows * table.n_inputs
    tree = leaves * (_LEAF_SECONDS + _INPUT_SECONDS * table.n_inputs) + _CELL_SECONDS * cells
    return _TREES * tree * (table.n_outputs if table.n_outputs > 2 else 1)
