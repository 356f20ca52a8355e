"""A gateway that is killed between two of its writes to MongoDB leaves nothing half done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from layerlab.adapters.mongo import SCHEMA, MongoRunStore
from layerlab.adapters.mongo_database import MongoDatabase
from layerlab.adapters.mongo_log import MongoLog
from layerlab.adapters.mongo_pages import MongoPages
from layerlab.adapters.mongo_summaries import MongoSummaries, summary_document
from layerlab.domain.event import Event, EventType
from layerlab.ports import SeqConflict, StudySummary
from tests.servers import Mongod

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Parts:
    """A store, and what it writes one after the other."""

    def __init__(self, database: MongoDatabase) -> None:
        self.store = MongoRunStore(database)
        self.logs = MongoLog(database["batches"], MongoPages(database))
        self.summaries = MongoSummaries(database["studies"], self.logs)

    async def write_log(self, summary: StudySummary, after: int) -> None:
        """The events alone, up to the summary's."""
        events = [an_event(seq) for seq in range(after + 1, summary.seq + 1)]
        kept = None if summary.active else summary_document(summary)
        batch = await self.logs.batch(summary.study_id, events, kept)
        await self.logs.insert(summary.study_id, batch)


@pytest.fixture
async def parts(mongod: Mongod) -> AsyncIterator[Parts]:
    database = MongoDatabase(mongod.url_of(f"test_{uuid4().hex}"))
    async with aclosing(database), SCHEMA.prepared(database):
        yield Parts(database)


def an_event(seq: int) -> Event:
    return Event(seq, NOW, EventType.STUDY_CREATED, "studies/s", {"seq": seq})


def a_summary(seq: int, active: bool = True, study_id: str = "s") -> StudySummary:
    return StudySummary(study_id, seq, active, NOW, f'{{"seq": {seq}}}')


async def test_killed_before_the_first_event_there_is_no_study(parts: Parts) -> None:
    await parts.summaries.announce(a_summary(1))
    assert await parts.store.list_studies() == []
    assert await parts.store.list_studies(active_only=True) == []
    await parts.store.append("s", 0, [an_event(1)], a_summary(1))
    assert await parts.store.list_studies() == [a_summary(1)]


async def test_what_was_never_created_does_not_shorten_a_page(parts: Parts) -> None:
    for n in range(6):
        summary = replace(a_summary(1, study_id=f"s{n}"), created_at=NOW + timedelta(minutes=n))
        if n % 2:
            await parts.summaries.announce(summary)
        else:
            await parts.store.append(f"s{n}", 0, [an_event(1)], summary)
    assert [each.study_id for each in await parts.store.list_studies(limit=2)] == ["s4", "s2"]


async def test_killed_after_the_first_event_the_study_is_not_forgotten(parts: Parts) -> None:
    await parts.summaries.announce(a_summary(2))
    await parts.write_log(a_summary(2), after=0)
    assert await parts.store.list_studies(active_only=True) == [a_summary(2)]


async def test_killed_after_the_last_event_the_study_is_not_listed_as_active(parts: Parts) -> None:
    await parts.store.append("s", 0, [an_event(1)], a_summary(1))
    await parts.write_log(a_summary(3, active=False), after=1)
    assert await parts.store.list_studies(active_only=True) == []
    assert await parts.store.list_studies() == [a_summary(3, active=False)]


async def test_killed_between_events_the_next_ones_bring_the_summary_up_to_date(
    parts: Parts,
) -> None:
    await parts.store.append("s", 0, [an_event(1)], a_summary(1))
    await parts.write_log(a_summary(2), after=1)
    await parts.store.append("s", 2, [an_event(3)], a_summary(3))
    assert await parts.store.list_studies() == [a_summary(3)]


async def test_an_insert_that_is_repeated_after_its_answer_was_lost_is_one(parts: Parts) -> None:
    """As the driver does it, which can't know whether the first one was made."""
    batch = await parts.logs.batch("s", [an_event(1), an_event(2)], None)
    await parts.logs.insert("s", batch)
    await parts.logs.insert("s", batch)
    assert await parts.store.read_events("s") == [an_event(1), an_event(2)]
    rival = await parts.logs.batch("s", [an_event(1)], None)
    with pytest.raises(SeqConflict):
        await parts.logs.insert("s", rival)


async def test_pages_without_the_document_that_names_them_are_no_events(parts: Parts) -> None:
    """Killed between the pages of a large append and the append itself."""
    large = replace(an_event(1), data={"text": "x" * (9 << 20)})
    await parts.logs.batch("s", [large], None)
    assert await parts.store.last_seq("s") == 0
    await parts.store.append("s", 0, [large], a_summary(1))
    assert await parts.store.read_events("s") == [large]
