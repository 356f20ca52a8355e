"""Many readers of one study: each event is read and encoded once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from layerlab.domain.event import Event, EventType
from layerlab.domain.problem import Unavailable
from services.gateway.broadcast import Broadcast, Broadcasts, Reader

NEVER = 1000.0


class Log:
    """Events that a test adds, and how often somebody has begun to follow them."""

    def __init__(self) -> None:
        self.followed = 0
        self.left = 0
        self._events: asyncio.Queue[Event | Exception | None] = asyncio.Queue()
        self._seq = 0

    def add(self, count: int = 1, text: str = "") -> None:
        for _ in range(count):
            self._seq += 1
            now = datetime(2026, 1, 1, tzinfo=UTC)
            data = {"text": text}
            self._events.put_nowait(
                Event(self._seq, now, EventType.COHORT_REGISTERED, "studies/s1", data)
            )

    def end(self, error: Exception | None = None) -> None:
        self._events.put_nowait(error)

    async def follow(self, study_id: str, after: int) -> AsyncIterator[Event]:
        self.followed += 1
        try:
            while (event := await self._events.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.left += 1


@pytest.fixture
def log() -> Log:
    return Log()


async def reach(reader: Reader, seq: int) -> Broadcast:
    async with asyncio.timeout(10):
        while reader.broadcast.seq < seq:
            await reader.wait()
    return reader.broadcast


async def test_all_readers_of_a_study_share_one_follower_and_the_same_texts(log: Log) -> None:
    broadcasts = Broadcasts(log.follow, asyncio.Event())
    with broadcasts.join("s1", 0, NEVER) as one, broadcasts.join("s1", 0, NEVER) as other:
        log.add(3)
        frames = (await reach(one, 3)).recent(0)
        again = (await reach(other, 3)).recent(1)

    assert [frame.seq for frame in frames] == [1, 2, 3]
    assert all(mine is theirs for mine, theirs in zip(again, frames[1:], strict=True))
    assert log.followed == 1


async def test_what_is_kept_is_bounded_and_says_where_it_begins(log: Log) -> None:
    broadcasts = Broadcasts(log.follow, asyncio.Event())
    with broadcasts.join("s1", 0, NEVER) as reader:
        log.add(10, "x" * 500_000)
        broadcast = await reach(reader, 10)
        assert broadcast.first == 7
        assert [frame.seq for frame in broadcast.recent(6)] == [7, 8, 9, 10]


async def test_the_follower_leaves_with_the_last_reader_and_comes_back_with_the_next(
    log: Log,
) -> None:
    broadcasts = Broadcasts(log.follow, asyncio.Event())
    with broadcasts.join("s1", 0, NEVER) as reader:
        log.add()
        await reach(reader, 1)
    await asyncio.sleep(0)
    assert log.left == 1
    with broadcasts.join("s1", 1, NEVER) as reader:
        log.add()
        await reach(reader, 2)
    assert log.followed == 2


async def test_every_reader_hears_that_the_log_can_not_be_read_and_the_next_starts_over(
    log: Log,
) -> None:
    broadcasts = Broadcasts(log.follow, asyncio.Event())
    with broadcasts.join("s1", 0, NEVER) as reader:
        log.end(Unavailable("store_away", "The store is away."))
        await reader.wait()
        assert reader.broadcast.is_over
        assert isinstance(reader.broadcast.error, Unavailable)
        with broadcasts.join("s1", 0, NEVER) as late:
            assert late.broadcast is not reader.broadcast


async def test_closing_wakes_every_reader(log: Log) -> None:
    closing = asyncio.Event()
    with Broadcasts(log.follow, closing).join("s1", 0, NEVER) as reader:
        asyncio.get_running_loop().call_soon(closing.set)
        await reader.wait()
        assert reader.broadcast.is_over


async def test_a_beat_wakes_a_reader_of_a_silent_study(log: Log) -> None:
    with Broadcasts(log.follow, asyncio.Event()).join("s1", 0, 0.01) as reader:
        await reader.wait()
        assert reader.is_beat_due
