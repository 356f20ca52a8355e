"""Cells of a column as what its kind says: numbers, seconds, or categories."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from layerlab.domain.dataset import Column, ColumnKind, Task
from services.ingest.cells import to_numbers, without_missing
from services.ingest.dates import best_format, find_formats, to_seconds
from services.ingest.recipe import Categories, Codes, Feature, Floats
from services.ingest.table import Strings


def load_feature(name: str, kind: ColumnKind, cells: Strings) -> Feature:
    """`kind` is a feature's, inferred or the user's; what doesn't fit it is missing."""
    present = without_missing(cells)
    if kind is ColumnKind.CATEGORY:
        return Feature(name, kind, to_categories(present))
    if kind is ColumnKind.DATE:
        return Feature(name, kind, _dates(present))
    return Feature(name, kind, to_numbers(present))


def load_target(column: Column, task: Task, cells: Strings) -> Floats | Categories:
    """NaN or code -1 where the target is missing."""
    present = without_missing(cells)
    if task is Task.CLASSIFICATION:
        classes = to_categories(present)
        # A column of numbers has one class a number, however it is written: 1, 1.0, 01.
        return _by_number(classes) if column.minimum is not None else classes
    if column.kind is ColumnKind.DATE:
        return _dates(present)
    return to_numbers(present)


def load_groups(column: Column, cells: Strings) -> Codes:
    """The group of each row, from 0: equal numbers, or else equal texts; -1 where it is missing."""
    encoded = without_missing(cells).combine_chunks().dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    if column.minimum is None or column.kind is ColumnKind.DATE:
        return np.asarray(codes, dtype=np.int64)
    numbers = to_numbers(encoded.dictionary)
    merged = np.unique(numbers, return_inverse=True)[1]
    # An odd word among the numbers is a group of its own.
    merged = np.where(np.isnan(numbers), len(numbers) + np.arange(len(numbers)), merged)
    # The last entry is what the code -1 of a missing cell finds.
    return np.asarray(np.append(merged, -1)[codes], dtype=np.int64)


def load_times(kind: ColumnKind, cells: Strings) -> Floats:
    """The time of each row, by `time_kind`; NaN where it is missing, or of another kind."""
    present = without_missing(cells)
    return _dates(present) if kind is ColumnKind.DATE else to_numbers(present)


def to_categories(cells: Strings) -> Categories:
    """One label per different text, in the order of the file."""
    encoded = cells.combine_chunks().dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return Categories(codes.astype(np.int64), tuple(encoded.dictionary.to_pylist()))


def _by_number(classes: Categories) -> Categories:
    numbers = to_numbers(pa.array(classes.labels, pa.string()))
    spelled, codes = dict[float, int](), []
    for number in numbers.tolist():
        # NaN is no class: an odd word among the numbers.
        known = np.isfinite(number) or np.isinf(number)
        codes.append(spelled.setdefault(number, len(spelled)) if known else -1)
    firsts = {
        code: label for label, code in reversed(list(zip(classes.labels, codes, strict=True)))
    }
    labels = tuple(firsts[code] for code in range(len(spelled)))
    # The last entry is what the code -1 of a missing cell finds.
    lookup = np.array([*codes, -1], dtype=np.int64)
    return Categories(lookup[classes.codes], labels)


def _dates(cells: Strings) -> npt.NDArray[np.float64]:
    encoded = cells.combine_chunks().dictionary_encode()
    values = encoded.dictionary
    if not len(values):
        return np.full(len(cells), np.nan)
    formats = find_formats(values)
    seconds = to_seconds(values, formats[0] if formats else best_format(values)[0])
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    # The last entry is what the code -1 of a missing cell finds.
    return np.asarray(np.append(seconds, np.nan)[codes], dtype=np.float64)
