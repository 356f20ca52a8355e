"""Columns that say the same as another one: twice the inputs, or the answer given away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow.compute as pc

from layerlab.domain.dataset import FEATURE_KINDS, Column, DataWarning
from layerlab.domain.target import MAX_CLASSES
from services.ingest.table import TableReader

# Equal counts are rare by chance; a table of thousands of noise columns must not be read
# thousands of times.
_MAX_COMPARISONS: Final = 200


def find_copies(table: TableReader, columns: Sequence[Column], target: str) -> list[DataWarning]:
    """Warns of columns equal to an earlier one, and of those that stand for the target one to one.

    Only columns whose profiles agree are compared, cell by cell.
    """
    names = [column.name for column in columns]
    warnings = [
        DataWarning("copy_of_column", f"Every row holds the same as in {names[first]!r}.", name)
        for first, second in _alike(columns)
        if (name := names[second]) and _equal(table, first, second)
    ]
    copies = {warning.column for warning in warnings}
    if target not in names:
        return warnings
    index = names.index(target)
    for other in _may_stand_for(columns, index):
        if names[other] not in copies and _one_to_one(table, index, other):
            detail = (
                f"Each of its values stands for one value of {target!r}: with that target, it "
                "gives the answer away. Set its kind to `ignore` if it is not known beforehand."
            )
            warnings.append(DataWarning("copy_of_target", detail, names[other]))
    return warnings


def _alike(columns: Sequence[Column]) -> list[tuple[int, int]]:
    """(first, later) indices of features with equal profiles."""
    groups: dict[object, list[int]] = defaultdict(list)
    for index, column in enumerate(columns):
        if column.kind in FEATURE_KINDS:
            key = (column.missing, column.distinct, column.minimum, column.maximum, column.mean)
            groups[(key, column.top)].append(index)
    pairs = [(group[0], later) for group in groups.values() for later in group[1:]]
    return pairs[:_MAX_COMPARISONS]


def _may_stand_for(columns: Sequence[Column], target: int) -> Iterator[int]:
    wanted = columns[target]
    if not 2 <= wanted.distinct <= MAX_CLASSES:
        return
    counts = [value.count for value in wanted.top]
    # Where nothing repeats, every column whose values are all different stands one to one.
    if max(counts, default=1) == 1:
        return
    found = 0
    for index, column in enumerate(columns):
        same = (column.distinct, column.missing) == (wanted.distinct, wanted.missing)
        if index != target and same and [value.count for value in column.top] == counts:
            yield index
            found += 1
            if found == _MAX_COMPARISONS:
                return


def _equal(table: TableReader, first: int, second: int) -> bool:
    return bool(table.column(first).equals(table.column(second)))


def _one_to_one(table: TableReader, first: int, second: int) -> bool:
    a, b = (pc.dictionary_encode(table.column(each).combine_chunks()) for each in (first, second))
    pairs = a.indices.to_numpy().astype(np.int64) * len(b.dictionary) + b.indices.to_numpy()
    return len(np.unique(pairs)) == len(a.dictionary) == len(b.dictionary)
