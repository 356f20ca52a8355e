"""What one gateway writes to MongoDB, the others hear, whatever happens to the stream between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from layerlab.adapters.mongo_database import MongoDatabase
from layerlab.adapters.mongo_feed import MongoEventFeed
from layerlab.adapters.opening import open_event_feed, open_run_store
from layerlab.domain.event import Event, EventType
from layerlab.domain.problem import Unavailable
from layerlab.lifecycle import background
from layerlab.ports import RunStore, StudySummary
from tests.e2e.proxy import CuttingProxy
from tests.servers import Mongod, free_port

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
# A place of 2021 in the log of another mongod, which this one knows as little as one that its log
# no longer reaches back to.
FORGOTTEN = (
    "82600000000000000A2B022C0100296E5A1004A546BA77AEDF4CC985EB491E6BE6FC6F461E5F6964002B020004"
)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Mongod]:
    """A mongod that may be killed."""
    with Mongod(tmp_path / "mongod") as server:
        yield server


async def write(store: RunStore, study_id: str) -> int:
    """Appends one event; its number. Tries again while the store is away."""
    async with asyncio.timeout(60):
        while True:
            try:
                seq = await store.last_seq(study_id) + 1
                event = Event(seq, NOW, EventType.STUDY_CREATED, f"studies/{study_id}", {})
                summary = StudySummary(study_id, seq, True, NOW, "{}")
                await store.append(study_id, seq - 1, [event], summary)
            except Unavailable:
                await asyncio.sleep(0.1)
            else:
                return seq


async def following(studies: AsyncIterator[str]) -> str:
    return await asyncio.wait_for(anext(studies), 60)


async def test_what_another_gateway_wrote_is_heard_here(mongod: Mongod) -> None:
    url = mongod.url_of(f"test_{uuid4().hex}")
    async with (
        open_run_store(url) as elsewhere,
        open_event_feed(url) as feed,
        feed.subscribe("s") as of_one,
        feed.subscribe(None) as of_all,
    ):
        for _ in range(3):
            await write(elsewhere, "s")
            assert await following(of_one) == "s"
            assert await following(of_all) == "s"
        await write(elsewhere, "another")
        assert await following(of_all) == "another"


async def test_what_was_written_while_the_stream_was_broken_is_heard_afterwards(
    own: Mongod,
) -> None:
    proxy = CuttingProxy(own.port)
    async with (
        open_run_store(own.url) as elsewhere,
        open_event_feed(own.url_of("layerlab", proxy.port)) as feed,
        feed.subscribe(None) as studies,
    ):
        for fault, study_id in ((proxy.cut, "a"), (proxy.part, "b"), (proxy.blackhole, "c")):
            fault()
            await write(elsewhere, study_id)
            await asyncio.sleep(0.5)
            proxy.heal()
            assert await following(studies) == study_id


async def test_the_feed_outlives_mongod(own: Mongod) -> None:
    async with (
        open_run_store(own.url) as elsewhere,
        open_event_feed(own.url) as feed,
        feed.subscribe("s") as studies,
    ):
        for _ in range(2):
            await write(elsewhere, "s")
            assert await following(studies) == "s"
            await asyncio.to_thread(own.kill)
            await asyncio.to_thread(own.start)
        await write(elsewhere, "s")
        assert await following(studies) == "s"


async def test_a_place_that_mongod_has_forgotten_wakes_every_reader(own: Mongod) -> None:
    async with open_run_store(own.url) as elsewhere, aclosing(MongoDatabase(own.url)) as database:
        feed = MongoEventFeed(database, {"resume_after": {"_data": FORGOTTEN}})
        await write(elsewhere, "s")
        with capture_logs() as logs:
            async with feed.subscribe(None) as studies, background(feed.listen()):
                assert await following(studies) == "s"
                assert "resume token was not found" in logs[0]["reason"]
                await write(elsewhere, "another")
                # Of what came just before its new place, a feed may tell twice.
                while await following(studies) != "another":
                    pass


async def test_nobody_may_subscribe_before_the_feed_knows_from_where_it_hears() -> None:
    nowhere = f"mongodb://127.0.0.1:{free_port()}/layerlab?replicaSet=rs0"
    async with open_event_feed(nowhere) as feed:
        with pytest.raises(Unavailable):
            async with feed.subscribe("s"):
                raise AssertionError
