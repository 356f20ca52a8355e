"""A CSV file becomes a checked table on disk, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from layerlab.domain.dataset import DataWarning
from services.ingest.encoding import detect_encoding
from services.ingest.plain import is_plain, read_plain
from services.ingest.reading import Row, check_size, open_csv, read_csv
from services.ingest.structure import Csv

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
    rows = _write_plain(opened, names, table, schema)
    if not rows:
        rows = _write(table, schema, (_to_arrow(batch, schema) for batch in batches))
    warnings = (encoding.warning,) if encoding.warning else ()
    return ParsedTable(tuple(names), rows, encoding.name, opened.delimiter, warnings)


def _write_plain(opened: Csv, names: Row, table: Path, schema: Any) -> int:
    """The rows that were written; 0 when the file must be read strictly."""
    if not is_plain(opened, names):
        return 0
    try:
        return _write(table, schema, read_plain(opened, schema))
    except pa.ArrowInvalid:
        return 0


def _write(table: Path, schema: Any, batches: Iterable[Any]) -> int:
    """The rows of all record batches, trimmed, in row groups large enough to be read fast and
    small enough to hold."""
    rows, held, size = 0, [], 0
    batches = iter(batches)
    first = next(batches, None)
    if first is None:
        return 0
    # Compression is for the disk; lz4 costs next to nothing. A dictionary does, where nothing
    # repeats.
    with pq.ParquetWriter(
        table, schema, compression="lz4", write_statistics=False, use_dictionary=_repeating(first)
    ) as writer:
        for batch in chain([first], batches):
            rows += batch.num_rows
            check_size(rows, batch.num_columns)
            trimmed = [pc.utf8_trim_whitespace(column) for column in batch.columns]
            held.append(pa.record_batch(trimmed, schema=schema))
            size += held[-1].nbytes
            if size >= _ROW_GROUP_BYTES:
                writer.write_table(pa.Table.from_batches(held))
                held, size = [], 0
        if held:
            writer.write_table(pa.Table.from_batches(held))
    return rows


def _repeating(batch: Any) -> list[str]:
    """The columns that hold each of their values twice or more, on average."""
    return [
        name
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
        if 2 * pc.count_distinct(column).as_py() <= batch.num_rows
    ]


def _to_arrow(rows: list[Row], schema: Any) -> Any:
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    return pa.record_batch(columns, schema=schema)
