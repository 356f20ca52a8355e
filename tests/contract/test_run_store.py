"""The contract of RunStore, on every adapter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest

from layerlab.adapters.opening import open_run_store
from layerlab.domain.dataset import Column, ColumnKind, Dataset, DataWarning, Task, TopValue
from layerlab.domain.event import Event, EventType
from layerlab.domain.exchange import QueueReport
from layerlab.domain.json_value import JsonObject, JsonValue
from layerlab.domain.worker import Worker
from layerlab.ports import RunStore, SeqConflict, Snapshot, StudySummary
from tests.servers import Mongod

SECOND = timedelta(seconds=1)
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "mongo"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a store that nobody has used."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    mongod: Mongod = request.getfixturevalue("mongod")
    return mongod.url_of(f"test_{uuid4().hex}")


@pytest.fixture
async def store(url: str) -> AsyncIterator[RunStore]:
    async with open_run_store(url) as store:
        yield store


def an_event(seq: int, subject: str = "studies/s") -> Event:
    data: JsonObject = {"seq": seq, "text": "ü\u2028", "none": None, "list": [1, 2.5, {"a": True}]}
    return Event(seq, NOW + timedelta(seconds=seq), EventType.STUDY_CREATED, subject, data)


def a_summary(study_id: str = "s", seq: int = 1, active: bool = True) -> StudySummary:
    return StudySummary(study_id, seq, active, NOW, f'{{"seq": {seq}}}')


def a_dataset(dataset_id: str = "d1", name: str = "table.csv") -> Dataset:
    column = Column(
        name="x",
        kind=ColumnKind.NUMBER,
        reason="every value is a number",
        missing=1,
        distinct=2,
        minimum=-1.5,
        top=(TopValue("-1.5", 3),),
    )
    warnings = (DataWarning("constant", "x never changes", "x"),)
    return Dataset(dataset_id, name, 4, 99, (column,), "x", Task.REGRESSION, warnings, NOW)


def a_worker(worker_id: str = "w1", at: datetime = NOW) -> Worker:
    return Worker(worker_id, "i1", "host", 42, "cpu", 2, "0.1.0", at, "s", "c", 3)


async def test_events_read_back_as_they_were_appended(store: RunStore) -> None:
    events = [an_event(seq) for seq in (1, 2, 3)]
    await store.append("s", 0, events[:2], a_summary(seq=2))
    await store.append("s", 2, events[2:], a_summary(seq=3))
    assert await store.read_events("s") == events
    assert await store.last_seq("s") == 3


async def test_a_cohorts_rungs_read_back_as_whole_numbers(store: RunStore) -> None:
    rungs: list[JsonValue] = [{"epoch": 1, "keep": 11}, {"epoch": 10_000, "keep": 2}]
    data: JsonObject = {"cohort_id": "c1", "rungs": rungs, "numbers": [1, 2]}
    event = Event(1, NOW, EventType.COHORT_REGISTERED, "studies/s/cohorts/c1", data)
    await store.append("s", 0, [event], a_summary())
    (read,) = await store.read_events("s")
    assert read == event
    assert "10000," in json.dumps(read.data)


async def test_events_are_read_in_pages_and_by_subject(store: RunStore) -> None:
    events = [an_event(seq, "odd" if seq % 2 else "even") for seq in range(1, 8)]
    await store.append("s", 0, events, a_summary(seq=7))
    assert await store.read_events("s", after=2, limit=3) == events[2:5]
    assert await store.read_events("s", subject="even") == events[1::2]
    assert await store.read_events("s", after=2, subject="even", limit=1) == [events[3]]


async def test_a_page_may_begin_and_end_within_an_append_of_any_length(store: RunStore) -> None:
    events = [an_event(seq, "odd" if seq % 2 else "even") for seq in range(1, 121)]
    after = 0
    for length in (1, 1, 1, 1, 1, 50, 2, 1, 40, 22):
        batch = events[after : after + length]
        await store.append("s", after, batch, a_summary(seq=after + length))
        after += length
    for start in range(0, 120, 7):
        for limit in (1, 6, 30, 1000):
            assert await store.read_events("s", start, limit) == events[start : start + limit]
    evens = [event for event in events[20:] if event.subject == "even"]
    assert await store.read_events("s", after=20, limit=33, subject="even") == evens[:33]


async def test_an_unknown_study_has_no_events(store: RunStore) -> None:
    assert await store.read_events("nobody") == []
    assert await store.last_seq("nobody") == 0


@pytest.mark.parametrize("after", [0, 1, 3])
async def test_an_append_elsewhere_than_at_the_end_is_a_conflict_and_changes_nothing(
    store: RunStore, after: int
) -> None:
    await store.append("s", 0, [an_event(1), an_event(2)], a_summary(seq=2))
    with pytest.raises(SeqConflict):
        await store.append("s", after, [an_event(after + 1)], a_summary(seq=after + 1))
    assert await store.last_seq("s") == 2
    assert [summary.seq for summary in await store.list_studies()] == [2]


async def test_events_with_a_gap_are_refused(store: RunStore) -> None:
    with pytest.raises(ValueError, match="numbered"):
        await store.append("s", 0, [an_event(2)], a_summary())


async def test_an_append_of_any_size_is_one(store: RunStore) -> None:
    """As when a study of many thousand trials is cancelled."""
    noise = Random(1)
    large = [
        replace(an_event(seq, f"subject {seq}"), data={"noise": noise.randbytes(500_000).hex()})
        for seq in range(1, 19)
    ]
    small = replace(a_summary(seq=18), active=False)
    await store.append("s", 0, large, small)
    assert await store.read_events("s") == large
    assert await store.read_events("s", after=3, limit=2) == large[3:5]
    assert await store.read_events("s", subject="subject 7") == [large[6]]
    with pytest.raises(SeqConflict):
        await store.append("s", 0, large, small)
    assert await store.last_seq("s") == 18


async def test_an_append_can_be_about_many_subjects(store: RunStore) -> None:
    events = [an_event(seq, f"subject {seq}") for seq in range(1, 1001)]
    await store.append("s", 0, events, a_summary(seq=1000))
    await store.append("s", 1000, [an_event(1001, "subject 5")], a_summary(seq=1001))
    found = await store.read_events("s", subject="subject 5")
    assert [event.seq for event in found] == [5, 1001]


async def test_of_many_writers_at_one_place_one_wins_and_seq_has_no_gap(store: RunStore) -> None:
    async def write() -> int:
        conflicts = 0
        for _ in range(20):
            while True:
                after = await store.last_seq("s")
                try:
                    await store.append("s", after, [an_event(after + 1)], a_summary(seq=after + 1))
                except SeqConflict:
                    conflicts += 1
                else:
                    break
        return conflicts

    await asyncio.gather(*(write() for _ in range(5)))
    assert [event.seq for event in await store.read_events("s")] == list(range(1, 101))


async def test_studies_do_not_share_their_numbers(store: RunStore) -> None:
    await store.append("a", 0, [an_event(1)], a_summary("a"))
    await store.append("b", 0, [an_event(1)], a_summary("b"))
    assert await store.last_seq("a") == await store.last_seq("b") == 1


async def test_the_summary_follows_the_log(store: RunStore) -> None:
    await store.append("s", 0, [an_event(1)], a_summary(seq=1))
    await store.append("s", 1, [an_event(2)], a_summary(seq=2, active=False))
    assert await store.list_studies() == [a_summary(seq=2, active=False)]
    assert await store.list_studies(active_only=True) == []


async def test_studies_are_listed_newest_first_in_pages(store: RunStore) -> None:
    for n in range(5):
        summary = replace(a_summary(f"s{n}"), created_at=NOW + timedelta(minutes=n))
        await store.append(f"s{n}", 0, [an_event(1)], summary)
    page = await store.list_studies(limit=2)
    assert [each.study_id for each in page] == ["s4", "s3"]
    rest = await store.list_studies(before=page[-1].created_at)
    assert [each.study_id for each in rest] == ["s2", "s1", "s0"]


async def test_the_newest_snapshot_stays(store: RunStore) -> None:
    assert await store.load_snapshot("s") is None
    await store.save_snapshot("s", Snapshot(10, "ten"))
    await store.save_snapshot("s", Snapshot(5, "five"))
    assert await store.load_snapshot("s") == Snapshot(10, "ten")
    await store.save_snapshot("s", Snapshot(20, "twenty"))
    assert await store.load_snapshot("s") == Snapshot(20, "twenty")


async def test_a_snapshot_of_any_size_reads_back_whole(store: RunStore) -> None:
    noise = Random(2)
    for seq in (1, 2):
        large = Snapshot(seq, noise.randbytes(9_000_000).hex())
        await store.save_snapshot("s", large)
        assert await store.load_snapshot("s") == large
    await store.save_snapshot("s", Snapshot(1, "older"))
    assert await store.load_snapshot("s") == large


async def test_a_dataset_reads_back_and_a_later_name_replaces_the_earlier(store: RunStore) -> None:
    await store.put_dataset(a_dataset())
    await store.put_dataset(replace(a_dataset(name="new.csv"), created_at=NOW + timedelta(days=1)))
    assert await store.get_dataset("d1") == a_dataset(name="new.csv")
    assert await store.get_dataset("d2") is None
    assert await store.list_datasets() == [a_dataset(name="new.csv")]


async def test_workers_are_listed_by_id_while_they_are_fresh(store: RunStore) -> None:
    for worker in (a_worker("w2"), a_worker("w1"), a_worker("old", NOW - timedelta(hours=1))):
        await store.put_worker(worker)
    await store.put_worker(replace(a_worker("w2"), attempt=4))
    seen = await store.list_workers(NOW - timedelta(minutes=1))
    assert seen == [a_worker("w1"), replace(a_worker("w2"), attempt=4)]


async def test_the_last_word_on_who_is_drained_counts(store: RunStore) -> None:
    assert await store.drained_workers() == {}
    await store.set_drained("w1", "i1")
    await store.set_drained("w2", "i7")
    await store.set_drained("w1", "i2")
    assert await store.drained_workers() == {"w1": "i2", "w2": "i7"}
    await store.set_drained("w2", "")
    await store.set_drained("w3", "")
    assert await store.drained_workers() == {"w1": "i2"}


async def test_the_last_word_on_the_queue_counts_and_says_when_it_came(store: RunStore) -> None:
    assert await store.queue_report() is None
    before = await store.now()
    await store.put_queue_report(QueueReport("rabbitmq", ready=9, dead=1, consumers=0))
    last = QueueReport("rabbitmq", ready=2, dead=1, consumers=3)
    await store.put_queue_report(last)
    told = await store.queue_report()
    assert told is not None
    assert told[0] == last
    assert before - SECOND <= told[1] <= await store.now() + SECOND


async def test_the_first_answer_to_a_key_stays(store: RunStore) -> None:
    assert await store.recall_answer("k") is None
    assert await store.remember_answer("k", "hash", "first")
    assert not await store.remember_answer("k", "hash", "second")
    assert await store.recall_answer("k") == ("hash", "first")


async def test_the_clock_is_utc_and_runs(store: RunStore) -> None:
    first, second = await store.now(), await store.now()
    assert first.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - first) < timedelta(minutes=1)
    assert first <= second


async def test_a_heartbeat_that_comes_late_changes_nothing(store: RunStore) -> None:
    await store.put_worker(a_worker())
    await store.put_worker(replace(a_worker(at=NOW - timedelta(seconds=1)), attempt=9))
    assert await store.list_workers(NOW - timedelta(minutes=1)) == [a_worker()]
    await store.put_worker(replace(a_worker(), draining=True))
    assert await store.list_workers(NOW - timedelta(minutes=1)) == [
        replace(a_worker(), draining=True)
    ]


async def test_what_was_written_is_there_after_a_restart(url: str) -> None:
    async with open_run_store(url) as store:
        await store.append("s", 0, [an_event(1)], a_summary())
        await store.put_dataset(a_dataset())
    async with open_run_store(url) as store:
        assert await store.read_events("s") == [an_event(1)]
        assert await store.get_dataset("d1") == a_dataset()
