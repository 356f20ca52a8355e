"""How sure a mean over resamplings is, where all of them divide the same rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from scipy import stats

ALMOST_NOTHING = 1e-12
"""Relative to a score: what differs by less differs by rounding alone."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of an expected score or difference: its mean over `repeats`, and its standard error.

    `error` is infinite where one repeat can't tell.
    """

    mean: float
    error: float
    repeats: int

    def reach(self, false_share: float) -> float:
        """Half the width of the two-sided interval that misses in `false_share` of cases."""
        if self.repeats < 2:
            return math.inf
        return quantile(self.repeats - 1, false_share) * self.error


def estimate_mean(values: Sequence[float], folds: int, least_variance: float = 0.0) -> Estimate:
    """The corrected resampled t: SE² = (1/J + n2/n1) s², J - 1 degrees of freedom.

    J values share their rows, so that their mean is less sure than that of J independent ones;
    n2/n1, validation to training rows, is 1 / (folds - 1). Nadeau and Bengio, Inference for the
    Generalization Error, Machine Learning 52, 2003, section 4; for repeated folds: Bouckaert and
    Frank, Evaluating the Replicability of Significance Tests, PAKDD 2004. `least_variance`: s²
    can't be less (`least_variance_of_rows`).

    :raises ValueError: without values.
    """
    count = len(values)
    if not count:
        raise ValueError("No mean without values.")
    mean = math.fsum(values) / count
    if count < 2:
        return Estimate(mean, math.inf, count)
    variance = math.fsum((each - mean) ** 2 for each in values) / (count - 1)
    if variance < (ALMOST_NOTHING * max(abs(each) for each in values)) ** 2:
        variance = 0.0
    factor = 1 / count + 1 / (folds - 1)
    return Estimate(mean, math.sqrt(factor * max(variance, least_variance)), count)


def least_variance_of_rows(difference: float, validation_rows: float, learning_rows: int) -> float:
    """The least variance that a difference of two accuracies in one fold can have.

    A row's difference is -1, 0 or 1, so its variance is at least |d| (1 - |d|). Where two designs
    agree on all of n learning rows, they may differ in one of the next n: hence at least 1/n.
    Without this, folds that happen to be equal would make an interval of no width: five equal
    values are common among folds of a few rows.
    """
    gap = min(abs(difference), 1.0)
    return max(gap * (1 - gap), 1 / learning_rows) / validation_rows


@lru_cache(maxsize=4096)
def quantile(freedom: int, false_share: float) -> float:
    """Of Student's t: beyond it, on both sides together, lies `false_share`."""
    return float(stats.t.isf(false_share / 2, freedom))
