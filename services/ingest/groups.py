"""Deals whole groups of rows out: no two parts, and no two folds, share one."""

from __future__ import annotations

from typing import Final

import numpy as np

from layerlab.domain.splitting import TEST_SHARE, VALIDATION_SHARE
from services.ingest.splitting import Indices, Mask, SplitRows

# So many of the largest groups are weighed one by one; each of the others has less than 0.02 % of
# the rows, and luck spreads those well enough.
_WEIGHED: Final = 5_000
# A share of 1. Whole numbers add up alike on every machine, and the largest sum, of 1,000 classes,
# is below 2^59.
_ALL: Final = 1 << 24


def split_groups(
    rows: Indices, strata: Indices, groups: Indices, seed: int, learning: int
) -> SplitRows:
    """As `split_rows`, by whole groups, as near to those shares as groups allow.

    `groups` (from 0, of each row) has at least 3 of them. At least `learning` groups are left to
    train and validate with, if there are so many.
    """
    random = np.random.default_rng(seed)
    tested = _choose(strata, groups, TEST_SHARE, learning, random)
    rest = ~tested
    validated = _choose(strata[rest], groups[rest], VALIDATION_SHARE, 1, random)
    return SplitRows(rows[rest][~validated], rows[rest][validated], rows[tested])


def _choose(
    strata: Indices, groups: Indices, share: float, left: int, random: np.random.Generator
) -> Mask:
    """A mask of about `share` of the rows, which leaves at least `left` groups, if it can."""
    part = deal_groups(groups, strata, round(1 / share), random)
    sizes = np.bincount(part)
    members = _first_rows(groups)
    counts = np.bincount(part[members[members >= 0]], minlength=len(sizes))
    total = int(counts.sum())
    # Whatever happens, one group is left, and one is chosen.
    enough = total - counts >= min(left, total - int(counts[counts > 0].min()))
    far = np.abs(sizes - round(share * len(groups))) + len(groups) * ~((counts > 0) & enough)
    # Of equally near ones, any.
    order = random.permutation(len(sizes))
    return np.asarray(part == order[far[order].argmin()])


def deal_groups(
    groups: Indices, strata: Indices, parts: int, random: np.random.Generator
) -> Indices:
    """The part, from 0, of each row: of nearly equal sizes, with nearly equal shares of each
    stratum, as far as whole groups allow.

    The largest come first, each to where its rows are rarest, like scikit-learn's
    StratifiedGroupKFold.
    """
    sizes = np.bincount(groups)
    present = random.permutation(np.flatnonzero(sizes))
    # By powers of two: within one, the order stays random, so that two deals differ.
    order = present[np.argsort(-np.frexp(sizes[present])[1], kind="stable")]
    large, rest = order[:_WEIGHED], order[_WEIGHED:]
    classes = np.unique(strata, return_inverse=True)[1]
    part = np.zeros(len(sizes), dtype=np.int64)
    part[large] = _weigh(_shares(groups, classes, large), parts)
    by_class = rest[np.argsort(classes[_first_rows(groups)[rest]], kind="stable")]
    part[by_class] = np.arange(len(by_class)) % parts
    return np.asarray(part[groups], dtype=np.int64)


def _first_rows(groups: Indices) -> Indices:
    """Of each group, by its number; -1 of a number that no row has."""
    first = np.full(int(groups.max()) + 1, -1, dtype=np.int64)
    # The last of several writes stays.
    first[groups[::-1]] = np.arange(len(groups))[::-1]
    return first


def _shares(groups: Indices, classes: Indices, chosen: Indices) -> Indices:
    """(chosen groups, classes + 1): what each has of each class, and of all rows."""
    place = np.full(int(groups.max()) + 1, -1, dtype=np.int64)
    place[chosen] = np.arange(len(chosen))
    mine = place[groups]
    width = int(classes.max()) + 1
    cells = mine[mine >= 0] * width + classes[mine >= 0]
    counts = np.bincount(cells, minlength=len(chosen) * width).reshape(len(chosen), width)
    by_class = counts * _ALL // np.bincount(classes)
    return np.column_stack([by_class, counts.sum(1) * _ALL // len(groups)])


def _weigh(shares: Indices, parts: int) -> list[int]:
    """Each row of `shares` to the part that keeps the sum of the squared sums lowest."""
    held = np.zeros((parts, shares.shape[1]), dtype=np.int64)
    # The size of a part counts as much as all classes together.
    weights = np.append(np.ones(shares.shape[1] - 1, dtype=np.int64), shares.shape[1] - 1)
    chosen = []
    for brought in shares:
        chosen.append(int((held @ (brought * weights)).argmin()))
        held[chosen[-1]] += brought
    return chosen
