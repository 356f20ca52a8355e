"""Which searcher a study gets."""

from __future__ import annotations

from typing import Final

from layerlab.domain.space_check import check_constraints
from layerlab.domain.spec import Search, StudySpec
from layerlab.domain.table_shape import TableShape
from services.scheduler.search.drawing import RandomSearcher
from services.scheduler.search.filtering import design_filter
from services.scheduler.search.grid import GridSearcher
from services.scheduler.search.searcher import Searcher
from services.scheduler.sizing import ORDINARY_TABLE

LEARNING: Final = frozenset({Search.TPE, Search.GP, Search.CMAES, Search.NSGA2})
"""Their designs depend on results."""

ASKED: Final = LEARNING | {Search.QUASI_RANDOM}
"""Their designs come from the thinking child."""


def build_searcher(spec: StudySpec, table: TableShape | None = None) -> Searcher:
    """For those that are asked, the one that draws what they have nothing to say about.

    :raises InvalidInput: `constraints_too_tight`.
    """
    if not spec.constraints.are_none:
        shape = table or ORDINARY_TABLE
        check_constraints(spec.space, spec.constraints, shape, spec.budget.max_epochs)
    allows = design_filter(spec, table)
    if spec.search is Search.GRID:
        return GridSearcher(spec.space, spec.seed, allows)
    return RandomSearcher(spec.space, spec.seed, allows)
