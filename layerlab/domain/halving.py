"""Successive halving within a cohort: when its weaker lanes are dropped, and how many go on.

Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar: Hyperband (JMLR 18, 2018).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

MAX_FACTOR: Final = 10
DEFAULT_FACTOR: Final = 3
"""The paper recommends 3 or 4, and finds that it matters little."""

_JUDGED_ROWS: Final = 1_000
_MOST_HALVINGS: Final = 3
_LEAST_HALVINGS: Final = 2


@dataclass(frozen=True, slots=True)
class Rung:
    """After `epoch` epochs, at most `keep` of a cohort's lanes that still train go on."""

    epoch: int
    keep: int


@dataclass(frozen=True, slots=True)
class Halving:
    """At each rung about one lane in `factor` goes on; none is dropped before `min_epochs`."""

    factor: int = DEFAULT_FACTOR
    min_epochs: int = 1


def automatic_halving(rows: int, max_epochs: int) -> Halving | None:
    """The halving that suits a table with so many rows; None when there is little to save.

    Three times at most: a fourth rung, still earlier, saves little more, and drops twice as often
    what would have won (decision 10 has the figures). An epoch of a small table is a few steps,
    after which a score says little: no lane is judged before it has seen some 1,000 rows. Where
    not even two rungs fit (below 9 epochs, on a table that large), the time that halving saves is
    not worth designs that end unfinished.
    """
    least = max(1, math.ceil(_JUDGED_ROWS / rows), max_epochs // DEFAULT_FACTOR**_MOST_HALVINGS)
    enough = least * DEFAULT_FACTOR**_LEAST_HALVINGS <= max_epochs
    return Halving(DEFAULT_FACTOR, least) if enough else None
