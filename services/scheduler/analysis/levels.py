"""How the 5 % of false claims are shared among looks and comparisons.

Each share is Bonferroni's, which holds whatever the comparisons have to do with each other:
a study looks at most `MAX_ROUNDS` times, and each look has as much.
"""

from __future__ import annotations

from typing import Final

from layerlab.domain.baseline import Baseline

FALSE_CLAIMS: Final = 0.05
"""Of studies, that make a false claim among designs; as many, against baselines."""

MAX_ROUNDS: Final = 4

_PER_LOOK: Final = FALSE_CLAIMS / MAX_ROUNDS


def design_share(designs: int) -> float:
    """For a design against another: any could have become the winner, so all pairs count."""
    return _PER_LOOK / max(1, designs * (designs - 1) // 2)


def baseline_share(baseline: Baseline, designs: int) -> float:
    """For a design against a baseline: 2/3 of a design's share for the constant, 1/3 for others.

    Others count as beaten only if the constant is (`judging.judge_baselines`). So of a design's
    share the false claims to be better take at most 1/3 (the constant's half, or that of both
    others, after it), and those to be worse 2/3: together no more than the share. Serial
    gatekeeping: Maurer, Hothorn and Lehmacher, in Vollmar (ed.), Biometrie in der
    chemisch-pharmazeutischen Industrie 6, 1995.
    """
    parts = 2 if baseline is Baseline.CONSTANT else 1
    return _PER_LOOK * parts / (3 * max(1, designs))
