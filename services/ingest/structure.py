"""A file as lines of bounded length, and where in it the structure of a CSV breaks."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from layerlab.domain.problem import InvalidInput, Problem
from services.ingest.encoding import Encoding
from services.ingest.limits import MAX_FIELD_CHARACTERS, MAX_LINE_CHARACTERS


@dataclass(frozen=True, slots=True)
class Csv:
    """A file and how to read it."""

    path: Path
    encoding: Encoding
    delimiter: str


class Lines:
    """The lines of a stream, none of them longer than the limit."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.characters = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._stream.readline(MAX_LINE_CHARACTERS):
            if len(line) == MAX_LINE_CHARACTERS:
                raise LineTooLong
            self.characters += len(line)
            yield line


class LineTooLong(Exception):
    """More of a line than is ever held in memory."""


BROKEN: Final = (csv.Error, LineTooLong)


def structure_problem(source: Csv, error: Exception) -> Problem:
    """What `error`, met somewhere in a batch, means; a second reading finds the row."""
    place = _find_break(source)
    where = f"row {place.row} (line {place.first_line} of the file)" if place.row else "the header"
    row = place.row or None
    if "field limit" in str(error) or isinstance(error, LineTooLong):
        return InvalidInput(
            "field_too_large",
            f"A cell or line in {where} is too long: the limits are {MAX_FIELD_CHARACTERS:,} "
            f"characters a cell and {MAX_LINE_CHARACTERS:,} a line.",
            hint="Shorten it, or close the quote that begins in this row.",
            row=row,
            extra={"limit": MAX_FIELD_CHARACTERS},
        )
    if "unexpected end of data" in str(error) or place.last_line > place.first_line:
        return InvalidInput(
            "unterminated_quote",
            f"A quote that begins in {where} is not closed before line {place.last_line}.",
            hint='Close it; a quote inside a quoted cell is written twice: "".',
            row=row,
        )
    return InvalidInput(
        "misplaced_quote",
        f"In {where}, a quoted cell goes on after its closing quote.",
        hint='A quote inside a quoted cell is written twice: "".',
        row=row,
    )


@dataclass(frozen=True, slots=True)
class _Break:
    """`row` counts from 1 after the header, which is 0; lines count from 1."""

    row: int
    first_line: int
    last_line: int


def _find_break(source: Csv) -> _Break:
    """Reads again, slowly, up to the record that can't be read."""
    row, line = 0, 0
    with source.path.open(encoding=source.encoding.codec, newline="") as stream:
        reader = csv.reader(Lines(stream), delimiter=source.delimiter, strict=True)
        try:
            for record in reader:
                line = reader.line_num
                row += not is_blank(record)
        except BROKEN:
            return _Break(row, line + 1, max(line + 1, reader.line_num))
    raise AssertionError("The file changed while it was read.")


def is_blank(row: list[str]) -> bool:
    return not row or (len(row) == 1 and not row[0].strip())
