"""The beginning of a table, for people to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

MAX_ROWS: Final = 200
# A cell is one line of a table on a screen, and an answer a few megabytes at most.
_CELL_CHARACTERS: Final = 200
_ANSWER_CELLS: Final = 20_000


def read_head(table: Path, width: int) -> list[list[str]]:
    """The first 200 rows of a table of `width` columns, as its cells were read; fewer, but at
    least one, of a wide table. Long cells are cut, and end in "…".
    """
    count = max(1, min(MAX_ROWS, _ANSWER_CELLS // width))
    with pq.ParquetFile(table) as file:
        batch = next(file.iter_batches(batch_size=count), None)
    if batch is None:
        return []
    columns = [[_shown(cell) for cell in column.to_pylist()] for column in batch.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _shown(cell: str | None) -> str:
    cell = cell or ""
    return cell if len(cell) <= _CELL_CHARACTERS else cell[: _CELL_CHARACTERS - 1] + "…"
