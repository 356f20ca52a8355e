"""The ledger in MongoDB, for many gateways: a replica set of one node or more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from layerlab import wire
from layerlab.adapters import mongo_log, mongo_pages, mongo_summaries
from layerlab.adapters.mongo_database import Document, MongoDatabase
from layerlab.adapters.mongo_log import MongoLog
from layerlab.adapters.mongo_pages import MongoPages
from layerlab.adapters.mongo_schema import MongoSchema
from layerlab.adapters.mongo_snapshots import MongoSnapshots
from layerlab.adapters.mongo_summaries import MongoSummaries, summary_document
from layerlab.adapters.mongo_times import MongoClock, time_text
from layerlab.domain.dataset import Dataset
from layerlab.domain.event import Event
from layerlab.domain.exchange import QueueReport
from layerlab.domain.problem import Unavailable
from layerlab.domain.worker import Worker
from layerlab.lifecycle import background
from layerlab.ports import Snapshot, StudySummary
from layerlab.v1 import dataset_pb2, ledger_pb2

_ANSWERS_KEPT: Final = timedelta(hours=24)
_INDEXES: Final = {
    "batches": mongo_log.INDEXES,
    "pages": mongo_pages.INDEXES,
    "studies": mongo_summaries.INDEXES,
    "datasets": [IndexModel([("created_at", -1)], name="datasets_by_age")],
    "workers": [IndexModel([("heartbeat_at", 1)], name="workers_by_heartbeat")],
    "answers": [
        IndexModel(
            [("created_at", 1)],
            name="answers_expire",
            expireAfterSeconds=round(_ANSWERS_KEPT.total_seconds()),
        )
    ],
}
SCHEMA: Final = MongoSchema(version=1, indexes=_INDEXES)


def open_mongo(url: str) -> AbstractAsyncContextManager[MongoRunStore]:
    """The store at `url`, `mongodb://HOST:PORT/DATABASE?replicaSet=NAME`.

    It opens without MongoDB, too, and raises `Unavailable` until that can be reached.

    :raises ValueError: for a URL that can't be read.
    :raises NewerSchema: on entering, when the database is of a later version.
    """
    return _opened(MongoDatabase(url))


@asynccontextmanager
async def _opened(database: MongoDatabase) -> AsyncIterator[MongoRunStore]:
    async with aclosing(database), SCHEMA.prepared(database):
        store = MongoRunStore(database)
        async with background(store.write_summaries()):
            yield store


class MongoRunStore:
    """A RunStore."""

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._clock = MongoClock(database)
        pages = MongoPages(database)
        self._logs = MongoLog(database["batches"], pages)
        self._summaries = MongoSummaries(database["studies"], self._logs)
        self._snapshots = MongoSnapshots(database, pages)
        self._datasets = database["datasets"]
        self._workers = database["workers"]
        self._drained = database["drained_workers"]
        self._queue = database["queue"]
        self._answers = database["answers"]

    async def write_summaries(self) -> None:
        """Until cancelled: what is pending then is written, too."""
        try:
            while True:
                await self._summaries.wait()
                await self._try_to_write_summaries()
        finally:
            await self._try_to_write_summaries()

    async def _try_to_write_summaries(self) -> None:
        # They are not lost: what is pending stays so, and the logs have the rest.
        with suppress(Unavailable):
            async with self._database.operation():
                await self._summaries.write()

    async def now(self) -> datetime:
        return await self._clock.now()

    async def append(
        self, study_id: str, after: int, events: Sequence[Event], summary: StudySummary
    ) -> None:
        if [event.seq for event in events] != list(range(after + 1, after + 1 + len(events))):
            raise ValueError("events must be numbered on from `after`")
        document = summary_document(summary)
        batch = await self._logs.batch(study_id, events, None if summary.active else document)
        async with self._database.operation():
            await self._logs.require_end(study_id, after)
            if after == 0:
                await self._summaries.announce(summary)
            await self._logs.insert(study_id, batch)
        self._summaries.put(document)

    async def read_events(
        self, study_id: str, after: int = 0, limit: int = 1000, subject: str = ""
    ) -> list[Event]:
        async with self._database.operation():
            return await self._logs.read(study_id, after, limit, subject)

    async def last_seq(self, study_id: str) -> int:
        async with self._database.operation():
            return await self._logs.last_seq(study_id)

    async def list_studies(
        self, active_only: bool = False, limit: int = 100, before: datetime | None = None
    ) -> list[StudySummary]:
        async with self._database.operation():
            return await self._summaries.list(active_only, limit, before)

    async def save_snapshot(self, study_id: str, snapshot: Snapshot) -> None:
        await self._snapshots.save(study_id, snapshot)

    async def load_snapshot(self, study_id: str) -> Snapshot | None:
        return await self._snapshots.load(study_id)

    async def put_dataset(self, dataset: Dataset) -> None:
        # The first upload's time stays: the dataset has not changed, only its name may have.
        change = {
            "$set": {"body": wire.dataset_to_proto(dataset).SerializeToString()},
            "$setOnInsert": {"created_at": time_text(dataset.created_at)},
        }
        async with self._database.operation():
            await self._datasets.update_one({"_id": dataset.dataset_id}, change, upsert=True)

    async def get_dataset(self, dataset_id: str) -> Dataset | None:
        async with self._database.operation():
            found = await self._datasets.find_one({"_id": dataset_id})
        return _dataset(found) if found else None

    async def list_datasets(self, limit: int = 100) -> list[Dataset]:
        async with self._database.operation():
            cursor = self._datasets.find().sort("created_at", -1).limit(limit)
            return [_dataset(found) for found in await cursor.to_list(limit)]

    async def put_worker(self, worker: Worker) -> None:
        heartbeat_at = time_text(worker.heartbeat_at)
        body = wire.worker_to_proto(worker).SerializeToString()
        known = {"_id": worker.worker_id, "heartbeat_at": {"$lte": heartbeat_at}}
        change = {"$set": {"heartbeat_at": heartbeat_at, "body": body}}
        async with self._database.operation():
            try:
                await self._workers.update_one(known, change, upsert=True)
            except DuplicateKeyError:
                # Its heartbeat is newer than this one, or it was first seen in this moment.
                await self._workers.update_one(known, change)

    async def list_workers(self, seen_after: datetime) -> list[Worker]:
        query = {"heartbeat_at": {"$gt": time_text(seen_after)}}
        async with self._database.operation():
            found = await self._workers.find(query).sort("_id", 1).to_list(None)
        return [wire.worker_from_proto(ledger_pb2.Worker.FromString(w["body"])) for w in found]

    async def set_drained(self, worker_id: str, incarnation: str) -> None:
        known, change = {"_id": worker_id}, {"$set": {"incarnation": incarnation}}
        async with self._database.operation():
            if incarnation:
                await self._drained.update_one(known, change, upsert=True)
            else:
                await self._drained.delete_one(known)

    async def drained_workers(self) -> dict[str, str]:
        async with self._database.operation():
            found = await self._drained.find().to_list(None)
        return {each["_id"]: each["incarnation"] for each in found}

    async def put_queue_report(self, report: QueueReport) -> None:
        body = wire.queue_report_to_proto(report).SerializeToString()
        change = {"$set": {"told_at": time_text(await self.now()), "body": body}}
        async with self._database.operation():
            await self._queue.update_one({"_id": "report"}, change, upsert=True)

    async def queue_report(self) -> tuple[QueueReport, datetime] | None:
        async with self._database.operation():
            found = await self._queue.find_one({"_id": "report"})
        if found is None:
            return None
        report = wire.queue_report_from_proto(ledger_pb2.QueueReport.FromString(found["body"]))
        return report, datetime.fromisoformat(found["told_at"])

    async def remember_answer(self, key: str, request_hash: str, body: str) -> bool:
        now = await self.now()
        # MongoDB deletes what has expired once a minute; until then it is overwritten.
        expired = {"_id": key, "created_at": {"$lt": now - _ANSWERS_KEPT}}
        answer = {"$set": {"created_at": now, "request_hash": request_hash, "body": body}}
        async with self._database.operation():
            try:
                await self._answers.update_one(expired, answer, upsert=True)
            except DuplicateKeyError:
                return False
        return True

    async def recall_answer(self, key: str) -> tuple[str, str] | None:
        query = {"_id": key, "created_at": {"$gte": await self.now() - _ANSWERS_KEPT}}
        async with self._database.operation():
            found = await self._answers.find_one(query)
        return (found["request_hash"], found["body"]) if found else None


def _dataset(document: Document) -> Dataset:
    dataset = wire.dataset_from_proto(dataset_pb2.Dataset.FromString(document["body"]))
    return replace(dataset, created_at=datetime.fromisoformat(document["created_at"]))
