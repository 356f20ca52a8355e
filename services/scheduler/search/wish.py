"""What a search that learns asks for."""

from __future__ import annotations

from dataclasses import dataclass

from layerlab.domain.design import Design
from layerlab.domain.study import Trial


@dataclass(frozen=True, slots=True)
class Wish:
    """Designs for the trials `numbers`, ascending, learnt from `trials`, which have all ended.

    `pending`: other designs that are, or will be, tried; nothing is known of their results. A wish
    follows from the study and those trials alone, whatever else the ledger knows by now.
    """

    numbers: tuple[int, ...]
    trials: tuple[Trial, ...]
    pending: tuple[Design, ...] = ()
