"""Which designs a study may try."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from layerlab.domain.design import Design
from layerlab.domain.spec import StudySpec
from layerlab.domain.table_shape import TableShape
from services.scheduler.sizing import ORDINARY_TABLE

Allows: TypeAlias = Callable[[Design], bool]


def allow_all(design: Design) -> bool:
    return True


def design_filter(spec: StudySpec, table: TableShape | None) -> Allows:
    """What the study's constraints allow."""
    constraints, shape = spec.constraints, table or ORDINARY_TABLE
    if constraints.are_none:
        return allow_all
    return lambda design: constraints.allow(design, shape, spec.budget.max_epochs)
