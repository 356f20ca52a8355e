"""The short way through a plain file: one without quotes, which any reader reads alike.

pyarrow's reader takes a fifth of the time of Python's. It is not asked what is wrong with a file:
whatever it refuses is read again, strictly, and that says where and why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from services.ingest.limits import MAX_FIELD_CHARACTERS
from services.ingest.structure import Csv

_PIECE: Final = 1024**2
_CODECS: Final = ("utf-8", "utf-8-sig")


def is_plain(source: Csv, names: Sequence[str]) -> bool:
    """Whether the file is UTF-8, without quotes and lone carriage returns, and begins with the
    header `names`."""
    if source.encoding.codec not in _CODECS:
        return False
    with source.path.open(encoding=source.encoding.codec, newline="\n") as file:
        # The header was read strictly, so the line is short.
        first = file.readline()
    header = [name.strip() for name in first.rstrip("\r\n").split(source.delimiter)]
    return header == list(names) and _has_no_quotes(source.path)


def _has_no_quotes(path: Path) -> bool:
    before = b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            # A line end may lie across two pieces.
            piece = before + piece
            before = piece[-1:] if piece.endswith(b"\r") else b""
            piece = piece.removesuffix(b"\r")
            if b'"' in piece or piece.count(b"\r") != piece.count(b"\r\n"):
                return False
    return not before


def read_plain(source: Csv, schema: Any) -> Iterator[Any]:
    """Record batches of texts below the header.

    :raises pyarrow.ArrowInvalid: for anything that it can't read as rows of equal width.
    """
    # A row much longer than a block is refused.
    reading = pa.csv.ReadOptions(
        column_names=schema.names, skip_rows=1, block_size=MAX_FIELD_CHARACTERS
    )
    parsing = pa.csv.ParseOptions(delimiter=source.delimiter, quote_char=False)
    # The encoding has been checked.
    converting = pa.csv.ConvertOptions(column_types=schema, check_utf8=False)
    with pa.csv.open_csv(source.path, reading, parsing, converting) as reader:
        for batch in reader:
            for column in batch.columns:
                # Characters are counted by the strict reader.
                if column.nbytes > MAX_FIELD_CHARACTERS and _longest(column) > MAX_FIELD_CHARACTERS:
                    raise pa.ArrowInvalid("a cell beyond the limit")
            yield batch


def _longest(column: Any) -> int:
    return int(pc.max(pc.binary_length(column)).as_py() or 0)
