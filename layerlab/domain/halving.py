"""Successive halving within a cohort: when its weaker lanes are dropped, and how many go on.

Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar: Hyperband (JMLR 18, 2018).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rung:
    """After `epoch` epochs, at most `keep` of a cohort's lanes that still train go on."""

    epoch: int
    keep: int


@dataclass(frozen=True, slots=True)
class Halving:
    """At each rung about one lane in `factor` goes on; none is dropped before `min_epochs`."""

    factor: int = 3
    min_epochs: int = 1
