"""Divides rows into those that train, those that steer the search, and those touched once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from layerlab.domain.splitting import TEST_SHARE, VALIDATION_SHARE

Indices: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]

_MAX_STRATA: Final = 10
_ROWS_PER_STRATUM: Final = 10


@dataclass(frozen=True, slots=True)
class SplitRows:
    """Ascending row numbers of the file, from 0; no row is in two parts."""

    train: Indices
    validation: Indices
    test: Indices


def split_rows(rows: Indices, strata: Indices, seed: int) -> SplitRows:
    """80 % to learn from, 20 % to test; of the 80 %, a fifth validates. Deterministic.

    `rows`: ascending, those that have a target, at least 3. `strata` (same length): the class, or
    the quantile, of each. Every stratum gives each part its share to within a row, but always
    keeps one row to train with: a class of one row is only trained on, one of two gives at most
    one away. Only where nearly every class has a single row does a part take a class's last one,
    because no part is ever empty.
    """
    random = np.random.default_rng(seed)
    tested = _choose(strata, TEST_SHARE, random)
    rest, rest_strata = rows[~tested], strata[~tested]
    validated = _choose(rest_strata, VALIDATION_SHARE, random)
    return SplitRows(rest[~validated], rest[validated], rows[tested])


def deal_rows(strata: Indices, folds: int, random: np.random.Generator) -> Indices:
    """The fold, from 0, of each row. Sizes differ by at most a row, and so do those of each
    stratum; a stratum of two rows or more is never in one fold alone.
    """
    shuffled = random.permutation(len(strata))
    grouped = shuffled[np.argsort(strata[shuffled], kind="stable")]
    fold = np.empty(len(strata), dtype=np.int64)
    fold[grouped] = np.arange(len(strata)) % folds
    return fold


def quantile_strata(target: npt.NDArray[np.float64]) -> Indices:
    """Rows of a quantity in at most 10 groups of equal size, by rank."""
    count = max(1, min(_MAX_STRATA, len(target) // _ROWS_PER_STRATUM))
    ranks = np.empty(len(target), dtype=np.int64)
    ranks[np.argsort(target, kind="stable")] = np.arange(len(target))
    return np.asarray(ranks * count // len(target), dtype=np.int64)


def _choose(strata: Indices, share: float, random: np.random.Generator) -> Mask:
    """A mask of about `share` of the rows: of each stratum its share, rounded up or down."""
    chosen = np.zeros(len(strata), dtype=np.bool_)
    shuffled = random.permutation(len(strata))
    # Stable: within a stratum the rows stay shuffled.
    grouped = shuffled[np.argsort(strata[shuffled], kind="stable")]
    sizes = np.unique(strata, return_counts=True)[1]
    taken = _quotas(sizes, share, random)
    for start, count in zip(np.cumsum(sizes) - sizes, taken, strict=True):
        chosen[grouped[start : start + count]] = True
    if not chosen.any():
        chosen[shuffled[0]] = True
    return chosen


def _quotas(sizes: Indices, share: float, random: np.random.Generator) -> Indices:
    """How many rows to take of strata of these sizes: largest remainders, ties at random.

    https://en.wikipedia.org/wiki/Quota_method
    """
    exact = sizes * share
    quotas: Indices = np.minimum(np.floor(exact).astype(np.int64), sizes - 1)
    missing = max(1, round(float(sizes.sum()) * share)) - int(quotas.sum())
    order = np.lexsort((random.random(len(sizes)), -(exact - quotas)))
    # One more is rounding up; two would be unfair. The last row of a class stays.
    open_to_one_more = order[(quotas + 1 <= np.minimum(np.ceil(exact), sizes - 1))[order]]
    quotas[open_to_one_more[: max(0, missing)]] += 1
    return quotas
