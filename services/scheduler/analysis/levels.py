"""How the 5 % of false claims are shared among looks and comparisons.

Each share is Bonferroni's, which holds whatever the comparisons have to do with each other.
"""

from __future__ import annotations

import math
from typing import Final

from layerlab.domain.baseline import Baseline

FALSE_CLAIMS: Final = 0.05
"""Of studies, that make a false claim among designs; as many, against baselines."""

MAX_ROUNDS: Final = 4


def design_share(designs: int, look: int, is_last: bool) -> float:
    """For a design against another, at the look (round) from 1 that their repeats allow.

    Any design could have become the winner, so all pairs count. By look k of K, (k/K)² of the
    5 % is used up, for the few repeats of early looks tell little: Kim and DeMets, Design and
    Analysis of Group Sequential Tests, Biometrika 74, 1987. The last look takes what is left,
    which is also allowed where time, and no result, has made it the last.
    """
    begin = (look - 1) / MAX_ROUNDS
    end = 1.0 if is_last else look / MAX_ROUNDS
    return FALSE_CLAIMS * (end**2 - begin**2) / max(1, designs * (designs - 1) // 2)


def look_of(repeats: int, folds: int) -> int:
    """That which so many repeats allow."""
    return min(MAX_ROUNDS, max(1, math.ceil(repeats / folds)))


def baseline_share(baseline: Baseline, designs: int) -> float:
    """For a design against a baseline: 2/3 of a design's share for the constant, 1/3 for others.

    There is one look, the final verdict, as no baseline decides how long the finals last. Others
    count as beaten only if the constant is (`judging.judge_baselines`). So of a design's share the
    false claims to be better take at most 1/3 (the constant's half, or that of both others, after
    it), and those to be worse 2/3: together no more than the share. Serial gatekeeping: Maurer,
    Hothorn and Lehmacher, in Vollmar (ed.), Biometrie in der chemisch-pharmazeutischen
    Industrie 6, 1995.
    """
    parts = 2 if baseline is Baseline.CONSTANT else 1
    return FALSE_CLAIMS * parts / (3 * max(1, designs))
