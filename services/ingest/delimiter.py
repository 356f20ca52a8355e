"""What separates the cells of a table."""

from __future__ import annotations

import csv
from itertools import islice
from typing import Final

# In order of preference when nothing else decides.
DELIMITERS: Final = (",", ";", "\t", "|")
_SAMPLE_ROWS: Final = 200


def sniff_delimiter(lines: list[str]) -> str:
    """The delimiter under which most rows of the sample are as wide as its header.

    `lines` are the first whole lines of the file. Quoted delimiters don't count. A delimiter
    that the header doesn't have is none: a table of one column is read as comma-separated.
    """
    return max(DELIMITERS, key=lambda each: _agreement(lines, each))


def _agreement(lines: list[str], delimiter: str) -> tuple[float, int]:
    """(share of rows as wide as the header, that width); zero without the delimiter."""
    try:
        rows = [row for row in islice(csv.reader(lines, delimiter=delimiter), _SAMPLE_ROWS) if row]
    except csv.Error:  # A giant cell: parsing says where.
        return (0.0, 0)
    width = len(rows[0]) if rows else 0
    if width < 2:
        return (0.0, 0)
    same = sum(len(row) == width for row in rows)
    return (same / len(rows), width)
