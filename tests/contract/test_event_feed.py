"""The contract of EventFeed, on every adapter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from layerlab.adapters.opening import open_event_feed
from layerlab.ports import EventFeed
from tests.servers import Mongod


@pytest.fixture(params=["memory", "mongo"])
def url(request: pytest.FixtureRequest) -> str:
    """Of the store whose feed it is."""
    if request.param == "memory":
        return "sqlite:///nowhere"
    mongod: Mongod = request.getfixturevalue("mongod")
    return mongod.url_of(f"test_{uuid4().hex}")


@pytest.fixture
async def feed(url: str) -> AsyncIterator[EventFeed]:
    async with open_event_feed(url) as feed:
        yield feed


async def following(studies: AsyncIterator[str]) -> str:
    return await asyncio.wait_for(anext(studies), 10)


async def test_a_subscriber_hears_of_its_study_and_of_no_other(feed: EventFeed) -> None:
    async with feed.subscribe("mine") as studies:
        await feed.announce("another", 1)
        await feed.announce("mine", 1)
        assert await following(studies) == "mine"
        await feed.announce("another", 2)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(studies), 0.2)


async def test_a_subscriber_to_all_hears_of_every_study(feed: EventFeed) -> None:
    async with feed.subscribe(None) as studies:
        await feed.announce("one", 1)
        await feed.announce("two", 1)
        assert {await following(studies), await following(studies)} == {"one", "two"}


async def test_every_subscriber_hears(feed: EventFeed) -> None:
    async with feed.subscribe("s") as first, feed.subscribe("s") as second:
        await feed.announce("s", 1)
        assert [await following(first), await following(second)] == ["s", "s"]


async def test_a_slow_subscriber_still_hears_of_the_last_growth(feed: EventFeed) -> None:
    async with feed.subscribe("s") as studies:
        for seq in range(1, 1000):
            await feed.announce("s", seq)
        assert await following(studies) == "s"
        await feed.announce("s", 1000)
        assert await following(studies) == "s"


async def test_announcing_what_is_known_already_does_no_harm(feed: EventFeed) -> None:
    async with feed.subscribe("s") as studies:
        await feed.announce("s", 2)
        await feed.announce("s", 1)
        assert await following(studies) == "s"
        await feed.announce("s", 3)
        assert await following(studies) == "s"


async def test_one_that_waits_already_is_woken(feed: EventFeed) -> None:
    async with feed.subscribe("s") as studies:
        waiting = asyncio.create_task(following(studies))
        await asyncio.sleep(0.05)
        await feed.announce("s", 1)
        assert await waiting == "s"


async def test_what_grows_fast_is_told_of_together(feed: EventFeed) -> None:
    told = 0
    heard = asyncio.Event()

    async def count(studies: AsyncIterator[str]) -> None:
        nonlocal told
        async for _ in studies:
            told += 1
            heard.set()

    async with feed.subscribe("s") as studies:
        counting = asyncio.create_task(count(studies))
        for seq in range(1, 1001):
            await feed.announce("s", seq)
            await asyncio.sleep(0)
        await asyncio.wait_for(heard.wait(), 10)
        counting.cancel()

    assert told < 500
