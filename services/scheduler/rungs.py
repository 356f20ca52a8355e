"""At which rungs a cohort drops its weaker lanes: a bracket of Hyperband for each cohort.

A bracket with s halvings trains its lanes for R η^-s epochs, keeps 1/η of them for η times as many
epochs, and so on, until those that are left have trained for R (`max_epochs`) epochs. Early
halving saves most, but drops designs that learn slowly and end well; late halving, or none, is
the insurance against that. Hyperband therefore spends as much on each bracket: the earlier one
halves, the more lanes there are for the same price.

Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar: Hyperband (JMLR 18, 2018), algorithm 1. There, a
bracket's lanes train together; here, a bracket's lanes are cut into cohorts, each of which halves
for itself. So a result depends on nothing but its cohort, and no trainer waits for another one.
"""

from __future__ import annotations

import heapq
from typing import Final

from layerlab.domain.halving import Halving, Rung
from layerlab.domain.hyperband import lanes_of_brackets, most_halvings

LEAST_KEPT: Final = 2
"""With one lane left, all cores but one would idle, and a loss that is not finite would end all."""


def rungs_of(halving: Halving, lanes: int, max_epochs: int, index: int) -> tuple[Rung, ...]:
    """The rungs of a study's cohort number `index` (from 0) with so many lanes, earliest first."""
    rungs, left = [], lanes
    halvings = _bracket_of(index, most_halvings(halving, max_epochs), halving.factor)
    for done in range(halvings):
        keep = max(LEAST_KEPT, -(-lanes // halving.factor ** (done + 1)))
        if keep < left:
            rungs.append(Rung(max_epochs // halving.factor ** (halvings - done), keep))
            left = keep
    return tuple(rungs)


def _bracket_of(index: int, most: int, factor: int) -> int:
    """How often the cohort halves. Each bracket gets cohorts in proportion to the lanes that
    Hyperband gives it, at any time as nearly as it can be (D'Hondt's method).
    """
    shares = lanes_of_brackets(most, factor)
    # Of equal claims, that of the bracket that halves most comes first, as in the paper.
    claims = [(1 / share, -s) for s, share in enumerate(shares)]
    heapq.heapify(claims)
    for _ in range(index):
        claim, s = claims[0]
        heapq.heapreplace(claims, (claim + 1 / shares[-s], s))
    return -claims[0][1]
