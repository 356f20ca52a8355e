"""Whether a space has designs that a study's constraints allow, and how many."""

from __future__ import annotations

import random
from typing import Final

from layerlab.domain.constraints import Constraints
from layerlab.domain.problem import InvalidInput
from layerlab.domain.space import SearchSpace
from layerlab.domain.space_drawing import draw_design
from layerlab.domain.table_shape import TableShape

_SAMPLE: Final = 1_000
# A search draws until it has a design that is allowed; of one in 200, hundreds cost it a second.
_LEAST: Final = 5


def allowed_share(
    space: SearchSpace, constraints: Constraints, table: TableShape, max_epochs: int
) -> float:
    """The part of the space that is allowed, from 0 to 1: of 1,000 designs that are drawn at
    random, always the same ones. 1 without constraints.
    """
    if constraints.are_none:
        return 1.0
    draw = random.Random("constraints")
    drawn = (draw_design(space, draw) for _ in range(_SAMPLE))
    return sum(constraints.allow(each, table, max_epochs) for each in drawn) / _SAMPLE


def check_constraints(
    space: SearchSpace, constraints: Constraints, table: TableShape, max_epochs: int
) -> None:
    """:raises InvalidInput: `constraints_too_tight`, when hardly any design is allowed."""
    share = allowed_share(space, constraints, table, max_epochs)
    if share * _SAMPLE < _LEAST:
        said = "no design" if share == 0 else f"{share:.1%}"
        raise InvalidInput(
            "constraints_too_tight",
            f"The constraints allow {said} of the space: of {_SAMPLE:,} designs drawn from it, "
            f"{round(share * _SAMPLE)}.",
            hint="Loosen `constraints`, or give `space` smaller networks.",
            field="constraints",
        )
