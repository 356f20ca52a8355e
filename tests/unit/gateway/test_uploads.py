"""Bytes from a client that may send too many, too slowly, or leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from layerlab.domain.problem import TimedOut, TooLarge
from services.gateway.uploads import UploadLimits, limited, read_all


async def sent(*chunks: bytes, pause: float = 0.0) -> AsyncIterator[bytes]:
    for chunk in chunks:
        await asyncio.sleep(pause)
        yield chunk


async def test_what_obeys_the_limits_arrives_unchanged() -> None:
    chunks = [chunk async for chunk in limited(sent(b"a", b"", b"bc"), UploadLimits(3))]
    assert chunks == [b"a", b"bc"]


async def test_the_first_byte_too_many_ends_it_and_what_came_before_was_handed_on() -> None:
    chunks = limited(sent(b"abc", b"d", b"e"), UploadLimits(4))
    assert [await anext(chunks), await anext(chunks)] == [b"abc", b"d"]
    with pytest.raises(TooLarge) as refused:
        await anext(chunks)
    assert refused.value.extra == {"limit": 4}


async def test_silence_is_not_waited_for_longer_than_was_said() -> None:
    async def silent() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.Event().wait()

    with pytest.raises(TimedOut):
        await read_all(limited(silent(), UploadLimits(10, patience_seconds=0.05)))


async def test_drops_that_keep_coming_are_too_slow_all_the_same() -> None:
    drops = sent(*[b"a"] * 100, pause=0.02)
    limits = UploadLimits(1000, patience_seconds=0.1, min_bytes_per_second=1000)
    with pytest.raises(TimedOut):
        await read_all(limited(drops, limits))


async def test_a_slow_reader_is_not_the_senders_fault() -> None:
    limits = UploadLimits(1000, patience_seconds=0.1, min_bytes_per_second=1000)
    seen = 0
    async for chunk in limited(sent(*[b"a"] * 10), limits):
        await asyncio.sleep(0.03)
        seen += len(chunk)
    assert seen == 10
