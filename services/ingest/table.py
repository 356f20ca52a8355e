"""Reads the columns of a parsed table, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import pyarrow.parquet as pq

# A pyarrow.ChunkedArray of strings. pyarrow ships no types; this alias says what is meant.
Strings: TypeAlias = Any

# Few enough to hold, many enough that a table of 10,000 columns is not opened 10,000 times.
_CELLS_AT_ONCE: Final = 4_000_000


def read_columns(table: Path, wanted: Sequence[int]) -> Iterator[tuple[int, Strings]]:
    """(index, cells) of the `wanted` columns, in that order; cells are trimmed text, not null."""
    with pq.ParquetFile(table, memory_map=True) as file:
        step = max(1, _CELLS_AT_ONCE // max(1, file.metadata.num_rows))
        for start in range(0, len(wanted), step):
            some = wanted[start : start + step]
            loaded = file.read([f"c{index}" for index in some], use_threads=True)
            for index in some:
                yield index, loaded.column(f"c{index}")
