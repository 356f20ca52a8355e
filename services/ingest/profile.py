"""From an uploaded file to a dataset's profile: all that is known before a target is chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from layerlab.domain.dataset import Column, Dataset, DataWarning, Task
from layerlab.domain.target import MIN_ROWS
from services.ingest.copies import find_copies
from services.ingest.parsing import ParsedTable, parse_csv
from services.ingest.profiling import fold_warnings, profile_columns
from services.ingest.table import open_table
from services.ingest.target import suggest_target


@dataclass(frozen=True, slots=True)
class Upload:
    """What the receiver of the bytes knows about them."""

    dataset_id: str
    name: str
    size_bytes: int
    received_at: datetime


def build_profile(upload: Upload, source: Path, table: Path) -> Dataset:
    """Parses the CSV `source` into the Parquet file `table` and profiles it.

    :raises Problem: what is wrong with the file, and where.
    """
    parsed = parse_csv(source, table)
    with open_table(table) as reader:
        columns, warnings = profile_columns(reader, parsed)
        dataset = _dataset(upload, parsed, columns)
        target, task = suggest_target(dataset)
        copies = find_copies(reader, columns, target)
    found = (*warnings, *copies, *_few_rows(parsed.rows))
    return replace(
        dataset, suggested_target=target, suggested_task=task, warnings=fold_warnings(found)
    )


def _dataset(upload: Upload, parsed: ParsedTable, columns: tuple[Column, ...]) -> Dataset:
    return Dataset(
        dataset_id=upload.dataset_id,
        name=upload.name,
        rows=parsed.rows,
        size_bytes=upload.size_bytes,
        columns=columns,
        suggested_target="",
        suggested_task=Task.CLASSIFICATION,
        warnings=(),
        created_at=upload.received_at,
        encoding=parsed.encoding,
        delimiter=parsed.delimiter,
    )


def _few_rows(rows: int) -> list[DataWarning]:
    if rows >= MIN_ROWS:
        return []
    detail = f"{rows} rows are too few to hold some out; a study needs {MIN_ROWS} with a target."
    return [DataWarning("few_rows", detail)]
