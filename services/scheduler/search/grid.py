"""Every design of a grid, in an order that the seed decides."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from functools import cached_property
from itertools import islice

from layerlab.domain.design import Design
from layerlab.domain.problem import InvalidInput
from layerlab.domain.space import MAX_GRID, SearchSpace
from services.scheduler.search.enumeration import Enumeration
from services.scheduler.search.filtering import Allows, allow_all
from services.scheduler.search.searcher import KnownTrials


class GridSearcher:
    """Designs in the order of the shuffled grid: a part of it is an even sample."""

    def __init__(self, space: SearchSpace, seed: int, allows: Allows = allow_all) -> None:
        self._grid = Enumeration(space)
        self._seed = seed
        self._allows = allows

    def propose(
        self, numbers: Sequence[int], known: KnownTrials, taken: Collection[Design] = ()
    ) -> list[Design]:
        """Mostly trial n has the n-th one; those that are taken or not allowed have no trial."""
        if not taken and self._allows is allow_all:
            order = self._order
            return [self._grid.design(order[each - 1]) for each in numbers if each <= len(order)]
        left = (
            design
            for design in map(self._grid.design, self._order)
            if design not in taken
            and self._allows(design)
            and not known.is_used_before(design, numbers[0])
        )
        return list(islice(left, len(numbers)))

    @cached_property
    def _order(self) -> list[int]:
        if self._grid.size > MAX_GRID:
            raise InvalidInput(
                "grid_too_large",
                f"The grid has {self._grid.size:,} designs; the limit is {MAX_GRID:,}.",
                field="space",
            )
        order = list(range(self._grid.size))
        random.Random(f"grid/{self._seed}").shuffle(order)
        return order
