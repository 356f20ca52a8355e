"""The structure of a CSV: a header and rows of equal width, or what is wrong and in which row.

Python's own csv reader, strictly: a quote that is never closed swallows rows, and a lenient reader
would pass them on as one cell without a word.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from layerlab.domain.problem import InvalidInput, TooLarge
from services.ingest.delimiter import sniff_delimiter
from services.ingest.encoding import Encoding
from services.ingest.header import check_header
from services.ingest.limits import MAX_CELLS, MAX_FIELD_CHARACTERS, MAX_ROWS
from services.ingest.structure import BROKEN, Csv, Lines, is_blank, structure_problem

_SAMPLE_CHARACTERS: Final = 256 * 1024
_BATCH_CELLS: Final = 200_000
_BATCH_CHARACTERS: Final = 16 * 1024**2
_SHOWN_ROWS: Final = 5
Row = list[str]


def open_csv(path: Path, encoding: Encoding) -> Csv:
    """Finds the delimiter from the beginning of the file."""
    with path.open(encoding=encoding.codec, newline="") as stream:
        sample = stream.read(_SAMPLE_CHARACTERS)
    lines = sample.splitlines(keepends=True)
    if len(sample) == _SAMPLE_CHARACTERS and len(lines) > 1:
        lines.pop()  # Cut off somewhere.
    return Csv(path, encoding, sniff_delimiter(lines))


def read_csv(source: Csv) -> Iterator[list[Row]]:
    """First the header alone, then batches of rows as wide as the header; blank lines are skipped.

    :raises InvalidInput: `empty_file`, `no_rows`, `duplicate_columns`, `blank_columns`,
        `long_column_name`, `ragged_rows`, `unterminated_quote`, `misplaced_quote`,
        `field_too_large`.
    :raises TooLarge: `too_many_columns`, `too_many_rows`, `too_many_cells`.
    """
    csv.field_size_limit(MAX_FIELD_CHARACTERS)
    with source.path.open(encoding=source.encoding.codec, newline="") as stream:
        lines = Lines(stream)
        rows = _Rows(source, csv.reader(lines, delimiter=source.delimiter, strict=True), lines)
        header = rows.header()
        yield [header]
        yield from rows.batches(len(header))


class _Rows:
    def __init__(self, source: Csv, reader: Iterator[Row], lines: Lines) -> None:
        self._source = source
        self._reader = reader
        self._lines = lines

    def header(self) -> Row:
        try:
            header = next((row for row in self._reader if not is_blank(row)), None)
        except BROKEN as error:
            raise structure_problem(self._source, error) from error
        if header is None:
            raise InvalidInput(
                "empty_file",
                "The file is empty.",
                hint="Upload a table: a line of column names, then one row a line.",
            )
        header = [name.strip() for name in header]
        check_header(header)
        return header

    def batches(self, width: int) -> Iterator[list[Row]]:
        total, ragged = 0, _Ragged(width)
        while rows := self._batch(max(1, _BATCH_CELLS // width)):
            rows = ragged.without_bad(rows, total)
            total += len(rows)
            check_size(total, width)
            if rows and not ragged.found:
                yield rows
        ragged.check()
        if total == 0:
            raise InvalidInput(
                "no_rows",
                "The file has column names and no rows.",
                hint="Upload a table with at least one row below the header.",
            )

    def _batch(self, count: int) -> list[Row]:
        """At most `count` rows, or as many as make up a batch's characters."""
        rows: list[Row] = []
        enough = self._lines.characters + _BATCH_CHARACTERS
        try:
            for row in self._reader:
                rows.append(row)
                if len(rows) == count or self._lines.characters > enough:
                    break
        except BROKEN as error:
            raise structure_problem(self._source, error) from error
        return rows


class _Ragged:
    """Rows that are not as wide as the header: the first few, numbered from 1."""

    def __init__(self, width: int) -> None:
        self._width = width
        self.found: list[tuple[int, int]] = []
        self._bad = 0

    def without_bad(self, rows: list[Row], before: int) -> list[Row]:
        """`rows` without blank ones; `before`: how many good ones came earlier."""
        if {self._width} == set(map(len, rows)):
            return rows
        good: list[Row] = []
        for row in rows:
            if len(row) == self._width:
                good.append(row)
            elif not is_blank(row):
                self._bad += 1
                self.found.append((before + len(good) + self._bad, len(row)))
                if len(self.found) == _SHOWN_ROWS:
                    self.check()
        # A whole batch of blank lines is not the end of the file; the caller goes on.
        return good

    def check(self) -> None:
        """:raises InvalidInput: `ragged_rows`, when there were any."""
        if not self.found:
            return
        listed = ", ".join(f"row {row} has {found}" for row, found in self.found)
        raise InvalidInput(
            "ragged_rows",
            f"The header has {self._width} columns, but {listed}.",
            hint="Give every row as many cells as the header; quote cells that hold the delimiter.",
            row=self.found[0][0],
            extra={
                "expected": self._width,
                "rows": [{"row": row, "found": found} for row, found in self.found],
            },
        )


def check_size(rows: int, width: int) -> None:
    """:raises TooLarge: `too_many_rows`, `too_many_cells`."""
    for code, size, limit, what in (
        ("too_many_rows", rows, MAX_ROWS, "rows"),
        ("too_many_cells", rows * width, MAX_CELLS, "cells"),
    ):
        if size > limit:
            raise TooLarge(
                code,
                f"The table has more than {limit:,} {what}, which is the limit.",
                hint="Upload a sample of the rows.",
                extra={"limit": limit},
            )
