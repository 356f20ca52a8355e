"""Ranks among the training rows as quantiles of a normal distribution.

What scikit-learn's QuantileTransformer(output_distribution="normal") does, but for equal values at
either end: there, too, they get their mean rank, and not that of an outlier. A column that is
mostly 0 would otherwise be mostly -5.2.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

MAX_QUANTILES: Final = 1000
"""Of a column."""

# A recipe travels in one message of 16 MiB; a quantile takes at most 25 bytes of it.
_MAX_ALTOGETHER: Final = 200_000
_MIN_QUANTILES: Final = 10

LEAST_RANK: Final = 1e-7
"""The normal quantile of this is -5.2: nothing lies farther out."""

_GIANT: Final = 1e307


def quantiles_for(columns: int) -> int:
    """How many to keep of each of so many columns."""
    return min(MAX_QUANTILES, max(_MIN_QUANTILES, _MAX_ALTOGETHER // max(1, columns)))


def fit_quantiles(present: Floats, most: int) -> Floats:
    """At most `most` quantiles of finite values, at least two; ascending, evenly spaced in rank."""
    found = _quantiles(present, np.linspace(0.0, 1.0, max(2, min(most, present.size))))
    # Interpolation between equal values may be off by a rounding.
    return np.asarray(np.maximum.accumulate(found), dtype=np.float64)


def median(present: Floats) -> float:
    """Of finite values, however large."""
    return float(_quantiles(present, np.array([0.5]))[0])


def _quantiles(present: Floats, ranks: Floats) -> Floats:
    scale = _scale(present)
    return np.asarray(np.quantile(present / scale, ranks) * scale, dtype=np.float64)


def _scale(values: Floats) -> float:
    # The distance between the largest floats is none itself. A power of two rounds nothing.
    return 4.0 if np.abs(values).max() > _GIANT else 1.0


def to_normal(values: Floats, quantiles: Floats) -> Floats:
    """Of finite `values`; within ±5.2."""
    knots, first, counts = np.unique(quantiles, return_index=True, return_counts=True)
    ranks = (first + (counts - 1) / 2) / (len(quantiles) - 1)
    scale = _scale(knots)
    inside = np.clip(values, knots[0], knots[-1]) / scale
    found = np.interp(inside, knots / scale, ranks)
    return normal_quantile(np.clip(found, LEAST_RANK, 1.0 - LEAST_RANK))


# Wichura, M. J. (1988): Algorithm AS 241, the percentage points of the normal distribution.
# Applied Statistics 37 (3), 477-484, https://doi.org/10.2307/2347330: PPND16, which is exact to
# about 1 part in 10^16; highest power first. Its third region, beyond ±6.7, is never needed here.
_MIDDLE: Final = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
     5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
_TAIL: Final = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
     1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959,
     1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966,
     0.14810397642748007459, 0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187,
     1.0),
)  # fmt: skip


def normal_quantile(ranks: Floats) -> Floats:
    """Where a standard normal variable's distribution function has these values, which must be
    from 1e-11 to 1 - 1e-11.
    """
    centered = ranks - 0.5
    above, below = (np.polyval(each, 0.180625 - centered**2) for each in _MIDDLE)
    found = np.asarray(centered * above / below, dtype=np.float64)
    far = np.flatnonzero(np.abs(centered) > 0.425)
    depth = np.sqrt(-np.log(np.minimum(ranks[far], 1.0 - ranks[far]))) - 1.6
    above, below = (np.polyval(each, depth) for each in _TAIL)
    found[far] = np.copysign(above / below, centered[far])
    return found
