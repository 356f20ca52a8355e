"""Frames between a trainer and its training child: a JSON header and a payload of bytes.

8 bytes of lengths (header, payload; unsigned, big-endian), then the two. Standard library only:
the parent of the child, whose idle memory matters, speaks this too.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

_LENGTHS: Final = struct.Struct(">II")


class BrokenFrame(Exception):
    """The bytes are no frame: something else writes to the pipe, or a process died within one."""


@dataclass(frozen=True, slots=True)
class Frame:
    """`header` holds JSON values; NaN and infinities can't be said."""

    header: Mapping[str, Any]
    payload: bytes = b""

    @property
    def kind(self) -> str:
        return str(self.header.get("kind", ""))


def encode_frame(frame: Frame) -> bytes:
    """:raises ValueError: for NaN in the header.

    :raises struct.error: for a payload of 4 GiB and more.
    """
    header = json.dumps(frame.header, separators=(",", ":"), allow_nan=False).encode()
    return _LENGTHS.pack(len(header), len(frame.payload)) + header + frame.payload


def read_frame(stream: BinaryIO) -> Frame | None:
    """The next frame; None at the end of the stream.

    :raises BrokenFrame: also when the stream ends within a frame.
    """
    lengths = stream.read(_LENGTHS.size)
    if not lengths:
        return None
    header, payload = _lengths(lengths)
    body = stream.read(header + payload)
    if len(body) < header + payload:
        raise BrokenFrame("the stream ended within a frame")
    return _frame(body[:header], body[header:])


async def receive_frame(stream: asyncio.StreamReader) -> Frame | None:
    """As `read_frame`, without blocking the loop."""
    try:
        header, payload = _lengths(await stream.readexactly(_LENGTHS.size))
        return _frame(await stream.readexactly(header), await stream.readexactly(payload))
    except asyncio.IncompleteReadError as error:
        if not error.partial and error.expected == _LENGTHS.size:
            return None
        raise BrokenFrame("the stream ended within a frame") from error


def _lengths(raw: bytes) -> tuple[int, int]:
    if len(raw) < _LENGTHS.size:
        raise BrokenFrame("the stream ended within a frame")
    header, payload = _LENGTHS.unpack(raw)
    return header, payload


def _frame(header: bytes, payload: bytes) -> Frame:
    try:
        value = json.loads(header)
    except ValueError as error:
        raise BrokenFrame(f"a frame's header is no JSON: {header[:80]!r}") from error
    if not isinstance(value, dict):
        raise BrokenFrame("a frame's header is no JSON object")
    return Frame(value, payload)
