"""Random search: each design is drawn by itself."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import Final

from layerlab.domain.design import Design
from layerlab.domain.space import SearchSpace
from layerlab.domain.space_drawing import draw_design
from services.scheduler.search.enumeration import Enumeration
from services.scheduler.search.filtering import Allows, allow_all
from services.scheduler.search.searcher import KnownTrials

# When 200 draws in a row were used before, less than a fiftieth of the space is left, almost
# certainly (0.98^200 < 2 %).
_DRAWS: Final = 200
# Where constraints allow one design in 200, this many draws have one, almost certainly (1 - 5e-5).
_CONSTRAINED_DRAWS: Final = 2_000
# The last designs of a space of this size are looked for one by one.
_MAX_WALK: Final = 10_000


class RandomSearcher:
    """Trial n's design depends on the seed, n, and the designs of the trials before it."""

    def __init__(self, space: SearchSpace, seed: int, allows: Allows = allow_all) -> None:
        self._space = space
        self._seed = seed
        self._allows = allows
        self._draws = _DRAWS if allows is allow_all else _CONSTRAINED_DRAWS

    def propose(
        self, numbers: Sequence[int], known: KnownTrials, taken: Collection[Design] = ()
    ) -> list[Design]:
        designs: dict[Design, None] = {}

        def fits(design: Design, number: int) -> bool:
            if design in designs or design in taken or known.is_used_before(design, number):
                return False
            return self._allows(design)

        for number in numbers:
            design = self._draw(number, fits)
            if design is None:
                break
            designs[design] = None
        return list(designs)

    def _draw(self, number: int, fits: Callable[[Design, int], bool]) -> Design | None:
        for retry in range(self._draws):
            design = draw_design(self._space, random.Random(f"{self._seed}/{number}/{retry}"))
            if fits(design, number):
                return design
        return self._find(number, fits)

    def _find(self, number: int, fits: Callable[[Design, int], bool]) -> Design | None:
        """The first that is left, going round from a random one; None in a large space."""
        size = self._space.size()
        if size is None or size > _MAX_WALK:
            return None
        start = random.Random(f"{self._seed}/{number}").randrange(size)
        walk = (self._all.design((start + step) % size) for step in range(size))
        return next((design for design in walk if fits(design, number)), None)

    @cached_property
    def _all(self) -> Enumeration:
        return Enumeration(self._space)
