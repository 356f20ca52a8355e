"""Random search: each design is drawn by itself."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final

from layerlab.domain.design import Design, build_design
from layerlab.domain.space import DEFAULTS, DRAW_ORDER, Choice, Domain, Layers, SearchSpace
from services.scheduler.search.enumeration import Enumeration
from services.scheduler.search.searcher import KnownTrials

# When 200 draws in a row were used before, less than a fiftieth of the space is left, almost
# certainly (0.98^200 < 2 %).
_DRAWS: Final = 200
# The last designs of a space of this size are looked for one by one.
_MAX_WALK: Final = 10_000


class RandomSearcher:
    """Trial n's design depends on the seed, n, and the designs of the trials before it.

    Each field is drawn on its own, and the depth before the widths, so that shallow networks are
    as likely as deep ones although there are far fewer of them.
    """

    def __init__(self, space: SearchSpace, seed: int) -> None:
        self._space = space
        self._seed = seed

    def propose(self, numbers: Sequence[int], known: KnownTrials) -> list[Design]:
        designs: dict[Design, None] = {}

        def is_used(design: Design, number: int) -> bool:
            return design in designs or known.is_used_before(design, number)

        for number in numbers:
            design = self._draw_unused(number, is_used)
            if design is None:
                break
            designs[design] = None
        return list(designs)

    def _draw_unused(self, number: int, is_used: Callable[[Design, int], bool]) -> Design | None:
        for retry in range(_DRAWS):
            design = draw_design(self._space, random.Random(f"{self._seed}/{number}/{retry}"))
            if not is_used(design, number):
                return design
        return self._find_unused(number, is_used)

    def _find_unused(self, number: int, is_used: Callable[[Design, int], bool]) -> Design | None:
        """The first that is left, going round from a random one; None in a large space."""
        size = self._space.size()
        if size is None or size > _MAX_WALK:
            return None
        start = random.Random(f"{self._seed}/{number}").randrange(size)
        walk = (self._all.design((start + step) % size) for step in range(size))
        return next((design for design in walk if not is_used(design, number)), None)

    @cached_property
    def _all(self) -> Enumeration:
        return Enumeration(self._space)


def draw_design(space: SearchSpace, draw: random.Random) -> Design:
    """A design of the space; a field whose conditions don't hold keeps its default."""
    values: dict[str, object] = {}
    for name in DRAW_ORDER:
        each = space.fields[name]
        applies = each.applies(values)
        values[name] = _draw_value(each.domain, draw) if applies else DEFAULTS[name]
        if name == "hidden":
            hidden = values[name]
            assert isinstance(hidden, tuple)
            values["n_layers"] = len(hidden)
    del values["n_layers"]
    return build_design(values)


def _draw_value(domain: Domain, draw: random.Random) -> object:
    if isinstance(domain, Choice):
        return draw.choice(domain.values)
    if isinstance(domain, Layers):
        depth = draw.randint(domain.low, domain.high)
        return tuple(draw.choice(domain.widths) for _ in range(depth))
    return draw.choice(domain.grid()) if domain.countable else domain.at(draw.random())
