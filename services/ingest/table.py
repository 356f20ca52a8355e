"""Reads the columns of a parsed table, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import pyarrow.parquet as pq

# A pyarrow.ChunkedArray of strings. pyarrow ships no types; this alias says what is meant.
Strings: TypeAlias = Any

# Few enough to hold, many enough that a table of 10,000 columns is not read 10,000 times.
_CELLS_AT_ONCE: Final = 4_000_000


class TableReader:
    """An open table; cells are trimmed text, none of them null."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.rows: int = file.metadata.num_rows

    def columns(self, wanted: Sequence[int]) -> Iterator[tuple[int, Strings]]:
        """(index, cells) of the `wanted` columns, in that order."""
        step = max(1, _CELLS_AT_ONCE // max(1, self.rows))
        for start in range(0, len(wanted), step):
            some = wanted[start : start + step]
            loaded = self._file.read([f"c{index}" for index in some], use_threads=True)
            for index in some:
                yield index, loaded.column(f"c{index}")

    def column(self, index: int) -> Strings:
        [(_, cells)] = self.columns([index])
        return cells


@contextmanager
def open_table(path: Path) -> Iterator[TableReader]:
    """Opening takes long for a table of thousands of columns: once is enough."""
    with pq.ParquetFile(path) as file:
        yield TableReader(file)
