"""Takes the bytes of an upload: counted, hashed and looked at while they stream in."""

from __future__ import annotations

import asyncio
import errno
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from layerlab.domain.problem import OutOfSpace, TooLarge
from services.ingest.limits import MAX_BYTES
from services.ingest.media import HEAD_BYTES, check_is_text


@dataclass(frozen=True, slots=True)
class Received:
    """`sha256` is lower-case hex."""

    sha256: str
    size_bytes: int


async def receive(
    chunks: AsyncIterator[bytes], target: Path, max_bytes: int = MAX_BYTES
) -> Received:
    """Writes `chunks` to the file `target`.

    :raises UnsupportedMedia: `not_csv`, as soon as the first bytes say so.
    :raises TooLarge: `too_many_bytes`, as soon as they are.
    :raises OutOfSpace: `disk_full`.
    """
    digest, size = hashlib.sha256(), 0
    head = b""
    with target.open("wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > max_bytes:
                raise _too_large(max_bytes)
            if len(head) < HEAD_BYTES:
                head += chunk[: HEAD_BYTES - len(head)]
                if len(head) == HEAD_BYTES:
                    check_is_text(head)
            digest.update(chunk)
            await asyncio.to_thread(_write, file, chunk)
        check_is_text(head)
        await asyncio.to_thread(_flush, file)
    return Received(digest.hexdigest(), size)


def _write(file: BinaryIO, chunk: bytes) -> None:
    try:
        file.write(chunk)
    except OSError as error:
        raise _disk_problem(error) from error


def _flush(file: BinaryIO) -> None:
    try:
        file.flush()
    except OSError as error:
        raise _disk_problem(error) from error


def _disk_problem(error: OSError) -> Exception:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return error
    return OutOfSpace(
        "disk_full",
        "There is no space left to take this upload; nothing was kept.",
        hint="Free some disk space and try again.",
    )


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        "too_many_bytes",
        f"The upload has more than {limit:,} bytes, which is the limit.",
        hint="Upload a sample of the rows.",
        extra={"limit": limit},
    )
