"""The head of a .npy file, written without numpy, which the trainer's parent process never loads.

Format 1.0: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

from typing import Final

_MAGIC: Final = b"\x93NUMPY\x01\x00"
_ALIGNMENT: Final = 64


def npy_head(dtype: str, shape: tuple[int, ...]) -> bytes:
    """`dtype` such as "<f4" or "<i8"; the array's bytes, row-major, are to follow."""
    head = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape!r}, }}".encode()
    # The data starts at a multiple of 64, so that a map of the file is aligned.
    space = -(len(_MAGIC) + 2 + len(head) + 1) % _ALIGNMENT
    head += b" " * space + b"\n"
    return _MAGIC + len(head).to_bytes(2, "little") + head
