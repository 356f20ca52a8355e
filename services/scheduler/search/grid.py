"""Every design of a grid, in an order that the seed decides."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cached_property

from layerlab.domain.design import Design
from layerlab.domain.problem import InvalidInput
from layerlab.domain.space import MAX_GRID, SearchSpace
from services.scheduler.search.enumeration import Enumeration
from services.scheduler.search.searcher import KnownTrials


class GridSearcher:
    """Trial n has the n-th design of the shuffled grid: a part of it is an even sample."""

    def __init__(self, space: SearchSpace, seed: int) -> None:
        self._grid = Enumeration(space)
        self._seed = seed

    def propose(self, numbers: Sequence[int], known: KnownTrials) -> list[Design]:
        order = self._order
        return [self._grid.design(order[number - 1]) for number in numbers if number <= len(order)]

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
