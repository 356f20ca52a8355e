"""Cuts rows in the order of time: what is earlier trains, what is later validates or tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from layerlab.domain.splitting import TEST_SHARE, VALIDATION_SHARE
from services.ingest.splitting import Indices, SplitRows

FIRST_BLOCK: Final = -1


def split_times(rows: Indices, times: npt.NDArray[np.float64], learning: int) -> SplitRows:
    """The latest fifth tests, the latest fifth of what is left validates, the rest trains.

    `times` (same length as `rows`, finite) has at least 3 different ones. Rows of one time stay
    together, so that a cut may move; at least `learning` times are left to train and validate
    with, if there are so many.
    """
    order, starts = _in_order(times)
    # Cutting at starts[i] leaves i + 1 times before it.
    first = max(1, min(learning - 1, len(starts) - 1))
    [tested] = cut(starts[first:], [round(len(rows) * (1 - TEST_SHARE))])
    before = starts[starts < tested]
    [validated] = cut(before, [round(tested * (1 - VALIDATION_SHARE))])
    pieces = np.split(rows[order], [validated, tested])
    return SplitRows(*(np.sort(piece) for piece in pieces))


def time_blocks(times: npt.NDArray[np.float64], folds: int) -> Indices:
    """The block of each row, in the order of time: FIRST_BLOCK, then 0 to `folds` - 1.

    Blocks are of equal size, but for rows of one time, which stay together; there are more times
    than `folds`.
    """
    order, starts = _in_order(times)
    wanted = [len(times) * number // (folds + 1) for number in range(1, folds + 1)]
    block = np.empty(len(times), dtype=np.int64)
    places = np.searchsorted(cut(starts, wanted), np.arange(len(times)), side="right")
    block[order] = places + FIRST_BLOCK
    return block


def cut(starts: Indices, wanted: Sequence[int]) -> list[int]:
    """Of the ascending places `starts`, one for each of `wanted`: the nearest, all different."""
    cuts: list[int] = []
    low = 0
    for index, place in enumerate(wanted):
        # As many are left as are still wanted.
        open_ones = starts[low : len(starts) - (len(wanted) - 1 - index)]
        nearest = int(np.abs(open_ones - place).argmin())
        cuts.append(int(open_ones[nearest]))
        low += nearest + 1
    return cuts


def _in_order(times: npt.NDArray[np.float64]) -> tuple[Indices, Indices]:
    """The order of time, and the places in it where a time other than the first one begins."""
    order = np.argsort(times, kind="stable")
    return order, np.flatnonzero(np.diff(times[order])) + 1
