"""A part of the training rows, chosen alike for all trials that are to be compared."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from layerlab.domain.dataset import Task
from services.trainer.engine import Rows, Targets


def part_of(rows: Rows, count: int, key: str, task: Task) -> Rows:
    """`count` of the rows, in their order, copied; all of them are not.

    Of one key, fewer rows are a part of more rows. In a classification every class has the same
    share of its rows, and at least one as long as `count` allows that.
    """
    if count >= rows.count:
        return rows
    chosen = np.sort(_order(rows.targets, key, task)[:count])
    return Rows(rows.features[chosen], rows.targets[chosen])


def rows_of_share(rows: int, share: float) -> int:
    return max(1, round(share * rows))


def _order(targets: Targets, key: str, task: Task) -> NDArray[np.int64]:
    """All rows, so that the classes are balanced among the first ones, however many."""
    shuffled = _random(key).permutation(len(targets))
    if task is Task.REGRESSION:
        return shuffled
    classes = np.asarray(targets[shuffled], np.int64)
    by_class = np.argsort(classes, kind="stable")
    counts = np.bincount(classes)
    firsts = np.repeat(np.cumsum(counts) - counts, counts)
    # How much of its class comes before a row.
    before = np.empty(len(classes))
    before[by_class] = (np.arange(len(classes)) - firsts) / np.repeat(counts, counts)
    return np.asarray(shuffled[np.argsort(before, kind="stable")])


def _random(key: str) -> np.random.Generator:
    digest = hashlib.sha256(key.encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))
