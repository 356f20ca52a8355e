"""The values in a .npy file, without numpy.

https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

_MAGIC: Final = b"\x93NUMPY"


def read_data(path: Path, chunk_bytes: int) -> Iterator[bytes]:
    """The bytes after the header, at most `chunk_bytes` at a time.

    :raises ValueError: for a file that is no .npy.
    """
    with path.open("rb") as file:
        _skip_header(file)
        while chunk := file.read(chunk_bytes):
            yield chunk


def _skip_header(file: BinaryIO) -> None:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise ValueError("not a .npy file")
    major, _ = file.read(2)
    form = "<H" if major == 1 else "<I"
    (length,) = struct.unpack(form, file.read(struct.calcsize(form)))
    file.seek(length, 1)
