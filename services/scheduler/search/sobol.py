"""Quasi-random search: a scrambled Sobol sequence over the space.

Sobol 1967; Owen's scrambling, 1998, as scipy has it. Each trial number has its own point, whoever
asks, so that all trials from 1 on are spread evenly.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from scipy.stats import qmc

from layerlab.domain.design import Design
from layerlab.domain.space import Range
from services.scheduler.search.coding import Coding, Kind


class SobolGuide:
    """A Guide that says the same again when it is asked again for a number."""

    def __init__(self, coding: Coding, seed: int, numbers: Sequence[int]) -> None:
        self._coding = coding
        self._names = {name: place for place, name in enumerate(coding.kinds())}
        sequence = qmc.Sobol(max(1, len(self._names)), rng=seed)
        with warnings.catch_warnings():
            # That a part of the sequence is not balanced; it need not be.
            warnings.simplefilter("ignore", UserWarning)
            if numbers[0] > 1:
                sequence.fast_forward(numbers[0] - 1)
            points = sequence.random(numbers[-1] - numbers[0] + 1)
        self._points = {number: points[number - numbers[0]] for number in numbers}

    def next(self, number: int) -> Design:
        point = self._points[number]
        return self._coding.design(lambda name, kind: _at(kind, float(point[self._names[name]])))


def _at(kind: Kind, part: float) -> float:
    """The value at `part`, of 0 to 1, of all values; each is as likely as the others."""
    if isinstance(kind, Range):
        return kind.at(part)
    return min(int(part * (kind.last + 1)), kind.last)
