"""Bytes from a client that may send too many, too slowly, or leave half way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from time import monotonic

from layerlab.domain.problem import TimedOut, TooLarge


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """How much a body may hold, and how slowly it may come.

    A body may pause for `patience_seconds` at a time; once the client has been waited for that
    long in all, it must have sent `min_bytes_per_second` on average.
    """

    max_bytes: int
    patience_seconds: float = 30.0
    min_bytes_per_second: float = 1024.0


async def limited(chunks: AsyncIterator[bytes], limits: UploadLimits) -> AsyncIterator[bytes]:
    """The same chunks, while they obey `limits`.

    Only the time spent waiting for the client counts: a slow reader of the chunks is not the
    client's fault.

    :raises TooLarge: `body_too_large`, at the first byte too many.
    :raises TimedOut: `body_too_slow`.
    """
    received, waited = 0, 0.0
    while True:
        before = monotonic()
        try:
            async with asyncio.timeout(limits.patience_seconds):
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            raise _too_slow(limits) from error
        if chunk is None:
            return
        waited += monotonic() - before
        received += len(chunk)
        if received > limits.max_bytes:
            raise too_large(limits.max_bytes)
        if waited > limits.patience_seconds and received < waited * limits.min_bytes_per_second:
            raise _too_slow(limits)
        if chunk:
            yield chunk


async def read_all(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


def too_large(limit: int) -> TooLarge:
    return TooLarge(
        "body_too_large",
        f"The body has more than {limit:,} bytes.",
        hint="Send fewer rows or columns.",
        extra={"limit": limit},
    )


def _too_slow(limits: UploadLimits) -> TimedOut:
    return TimedOut(
        "body_too_slow",
        f"Nothing, or too little, arrived in {limits.patience_seconds:g} seconds.",
        hint="Send the request again, over a faster connection.",
    )
