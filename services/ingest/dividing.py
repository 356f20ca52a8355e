"""The rows of a study's parts, and of the repeats in which its learning rows are divided anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from layerlab.domain.split_check import check_parts, learning_needed
from layerlab.domain.splitting import SplitMethod, SplitSpec, repeat_place
from services.ingest.groups import deal_groups, split_groups
from services.ingest.recipe import Categories, Floats
from services.ingest.splitting import (
    Indices,
    SplitRows,
    deal_rows,
    quantile_strata,
    split_rows,
)
from services.ingest.times import split_times, time_blocks


@dataclass(frozen=True, slots=True)
class Divider:
    """Divides the rows of a table. `keys`: the group (from 0, -1: none) or the time (NaN: none) of
    every row; a stratified split has none.

    Rows without a target or a key are in no part. Everything is decided by the values here: equal
    ones give equal rows on every machine.
    """

    split: SplitSpec
    seed: int
    target: Floats | Categories
    keys: Indices | Floats | None = None

    def divide(self, repeats: Iterable[int]) -> dict[int, SplitRows]:
        """:raises InvalidInput: `too_few_groups`, `too_few_times`."""
        repeats = list(repeats)
        rows = self._usable()
        if self.keys is not None:
            check_parts(self.split, len(np.unique(self.keys[rows])), resampled=any(repeats))
        own = self._own(rows)
        learning = np.sort(np.concatenate([own.train, own.validation]))
        return {
            repeat: self._fold(learning, own.test, repeat) if repeat else own for repeat in repeats
        }

    def _usable(self) -> Indices:
        if isinstance(self.target, Categories):
            usable = self.target.codes >= 0
        else:
            usable = ~np.isnan(self.target)
        if self.keys is not None:
            grouped = self.split.method is SplitMethod.GROUPED
            usable &= self.keys >= 0 if grouped else np.isfinite(self.keys)
        return np.flatnonzero(usable)

    def _own(self, rows: Indices) -> SplitRows:
        """Repeat 0."""
        learning = learning_needed(self.split)
        if self.split.method is SplitMethod.GROUPED:
            return split_groups(rows, self._strata(rows), self._groups(rows), self.seed, learning)
        if self.split.method is SplitMethod.TIME:
            return split_times(rows, self._times(rows), learning)
        return split_rows(rows, self._strata(rows), self.seed)

    def _fold(self, learning: Indices, test: Indices, repeat: int) -> SplitRows:
        partition, fold = repeat_place(repeat, self.split.folds)
        if self.split.method is SplitMethod.TIME:
            # A rolling origin: nothing that trains is later than what validates.
            blocks = time_blocks(self._times(learning), self.split.folds)
            return SplitRows(learning[blocks < fold], learning[blocks == fold], test)
        folds = self._folds(learning, partition)
        return SplitRows(learning[folds != fold], learning[folds == fold], test)

    def _folds(self, learning: Indices, partition: int) -> Indices:
        random = np.random.default_rng([self.seed, partition])
        strata = self._strata(learning)
        if self.split.method is SplitMethod.GROUPED:
            return deal_groups(self._groups(learning), strata, self.split.folds, random)
        return deal_rows(strata, self.split.folds, random)

    def _strata(self, rows: Indices) -> Indices:
        """Of these rows alone: no others have a say in how they are divided."""
        if isinstance(self.target, Categories):
            return self.target.codes[rows]
        return quantile_strata(self.target[rows])

    def _groups(self, rows: Indices) -> Indices:
        assert self.keys is not None
        return np.asarray(self.keys[rows], dtype=np.int64)

    def _times(self, rows: Indices) -> npt.NDArray[np.float64]:
        assert self.keys is not None
        return np.asarray(self.keys[rows], dtype=np.float64)
