"""A CSV file becomes a checked table on disk, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from layerlab.domain.dataset import DataWarning
from services.ingest.encoding import detect_encoding
from services.ingest.reading import Row, open_csv, read_csv

# Arrow's text takes the bytes of the text and 4 a cell.
_ROW_GROUP_BYTES: Final = 48 * 1024**2


@dataclass(frozen=True, slots=True)
class ParsedTable:
    """What is known of a table before its columns are looked at."""

    names: tuple[str, ...]
    rows: int
    encoding: str
    delimiter: str
    warnings: tuple[DataWarning, ...]


def parse_csv(source: Path, table: Path) -> ParsedTable:
    """Writes the cells of the CSV `source` to the Parquet file `table`, all as text.

    Cells lose the white space around them and nothing else: kinds are inferred later, over the
    whole column, and can be corrected by the user without a second upload. Columns are called
    c0, c1, … in the file, because Parquet gives dots in a name a meaning.

    :raises Problem: as `detect_encoding` and `read_csv` do.
    """
    encoding = detect_encoding(source)
    opened = open_csv(source, encoding)
    batches = read_csv(opened)
    [names] = next(batches)
    schema = pa.schema([(f"c{index}", pa.string()) for index in range(len(names))])
    # Compression is for the disk; lz4 costs next to nothing.
    with pq.ParquetWriter(table, schema, compression="lz4", write_statistics=False) as writer:
        groups = _RowGroups(writer, schema)
        for rows in batches:
            groups.add(rows)
        groups.flush()
    warnings = (encoding.warning,) if encoding.warning else ()
    return ParsedTable(tuple(names), groups.rows, encoding.name, opened.delimiter, warnings)


class _RowGroups:
    """Gathers batches into row groups large enough to be read fast, small enough to hold."""

    def __init__(self, writer: Any, schema: Any) -> None:
        self._writer = writer
        self._schema = schema
        self._batches: list[Any] = []
        self._bytes = 0
        self.rows = 0

    def add(self, rows: list[Row]) -> None:
        columns = [
            pc.utf8_trim_whitespace(pa.array(column, pa.string()))
            for column in zip(*rows, strict=True)
        ]
        batch = pa.record_batch(columns, schema=self._schema)
        self._batches.append(batch)
        self._bytes += batch.nbytes
        self.rows += len(rows)
        if self._bytes >= _ROW_GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        if self._batches:
            self._writer.write_table(pa.Table.from_batches(self._batches))
        self._batches, self._bytes = [], 0
