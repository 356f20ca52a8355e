"""The smallest design that is as good within one standard error."""

from __future__ import annotations

from collections.abc import Sequence

from services.scheduler.analysis.finalists import Finalist
from services.scheduler.analysis.judging import Court, compare
from services.scheduler.analysis.levels import FALSE_CLAIMS


def find_smallest(court: Court, ranked: Sequence[Finalist]) -> Finalist | None:
    """The 1-SE rule of Breiman, Friedman, Olshen and Stone (Classification and Regression Trees,
    1984, section 3.4.3), with the standard error of the paired difference to the winner, who comes
    first. None: the winner has no two repeats, so there is no standard error.
    """
    winner = ranked[0]
    if len(winner.scores) < 2:
        return None
    near = [winner]
    for each in ranked[1:]:
        paired = compare(court, winner, each, FALSE_CLAIMS)
        if paired.difference is None or paired.error is None or each.n_params is None:
            continue
        if paired.difference <= paired.error:
            near.append(each)
    return min(near, key=lambda each: each.size)
