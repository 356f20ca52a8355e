"""How much the finals of a study without a time budget may train: in proportion to its search, so
that nothing depends on time. What is planned by it, and predicted, is the same.

Work is in operations of `footprint.epoch_work`.
"""

from __future__ import annotations

from typing import Final

from layerlab.domain.spec import Engine
from layerlab.domain.table_shape import TableShape

WORK_PER_SECOND: Final = 1e11
"""Of two cores."""

COHORT_SECONDS: Final = 0.05
"""What a cohort takes beside its training, with one trainer."""

SLOWER: Final = 1.3
"""Small cohorts keep fewer cores busy than the search's large ones."""

_CONFIRM_SHARE: Final = 0.7
_EXPLAIN_SHARE: Final = 0.3
# At least, so that small studies have all of it.
_CONFIRM_WORK: Final = 1.5 * WORK_PER_SECOND
_EXPLAIN_WORK: Final = 1.5 * WORK_PER_SECOND
# Rows × inputs × classes of boosted trees that take about two seconds.
_QUICK_TREES: Final = 1_000_000


def confirm_work(search: float, engine: Engine) -> float:
    """For finalists, when the search took so much."""
    return max(_CONFIRM_SHARE * search, _least(_CONFIRM_WORK, engine))


def explain_work(search: float, engine: Engine) -> float:
    """For what is around the winner."""
    return max(_EXPLAIN_SHARE * search, _least(_EXPLAIN_WORK, engine))


def _least(work: float, engine: Engine) -> float:
    # How long an operation takes in Keras depends on everything but the operation.
    return 0.0 if engine is Engine.KERAS else work


def are_trees_quick(table: TableShape) -> bool:
    """Whether boosted trees are fitted on every resampling of the first round."""
    return table.train_rows * table.n_inputs * table.n_outputs <= _QUICK_TREES
