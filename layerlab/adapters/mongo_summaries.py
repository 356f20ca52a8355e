"""What a list of studies shows, kept beside the logs in MongoDB, and mended by them.

A log is written first and its summary follows, so a crash between the two leaves one that lags.
What must not be lost is that a study exists, and that it has ended: a study is announced here
before its first event, and an ending's summary is also kept with its events.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from pymongo import IndexModel, UpdateOne
from pymongo.errors import DuplicateKeyError, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from layerlab.adapters.mongo_database import Collection, Document
from layerlab.adapters.mongo_log import MongoLog
from layerlab.adapters.mongo_times import time_text
from layerlab.ports import StudySummary

INDEXES: Final = [
    IndexModel([("created_at", -1)], name="studies_by_age"),
    IndexModel([("active", 1), ("created_at", -1)], name="studies_by_activity"),
]
_GROUP_SECONDS: Final = 0.1


class MongoSummaries:
    """Writes in groups, a moment later: an append waits for none of it, and of a busy study's
    summaries most are never written.
    """

    def __init__(self, studies: Collection, logs: MongoLog) -> None:
        self._durable = studies
        # These can be made again from the logs, so nobody waits for a disk.
        self._studies = studies.with_options(
            write_concern=WriteConcern(1), read_concern=ReadConcern("local")
        )
        self._logs = logs
        self._pending: dict[str, Document] = {}
        self._has_pending = asyncio.Event()
        self._writing = asyncio.Lock()

    async def announce(self, summary: StudySummary) -> None:
        """Before a study's first event; without that, it isn't shown."""
        document = {**summary_document(summary), "seq": 0}
        # Another writer may announce it in the same moment.
        with suppress(DuplicateKeyError):
            await self._durable.update_one(
                {"_id": summary.study_id}, {"$setOnInsert": document}, upsert=True
            )

    def put(self, document: Document) -> None:
        """The newest summary stays."""
        known = self._pending.get(document["_id"])
        if known is None or known["seq"] < document["seq"]:
            self._pending[document["_id"]] = document
            self._has_pending.set()

    async def wait(self) -> None:
        """Until there is something to write, and a moment more for others to join."""
        await self._has_pending.wait()
        await asyncio.sleep(_GROUP_SECONDS)

    async def write(self) -> None:
        """Writes what is pending; when that fails, it stays so."""
        async with self._writing:
            pending, self._pending = self._pending, {}
            self._has_pending.clear()
            try:
                if pending:
                    changes = [_newer(document) for document in pending.values()]
                    await self._studies.bulk_write(changes, ordered=False)
            except PyMongoError:
                for document in pending.values():
                    self.put(document)
                raise

    async def list(
        self, active_only: bool, limit: int, before: datetime | None
    ) -> list[StudySummary]:
        await self.write()
        query: Document = {"active": True} if active_only else {}
        found: list[StudySummary] = []
        while True:
            if before is not None:
                query["created_at"] = {"$lt": time_text(before)}
            wanted = limit - len(found)
            cursor = self._studies.find(query).sort("created_at", -1).limit(wanted)
            page = await cursor.to_list(wanted)
            for document in await self._mended(page):
                if document["seq"] > 0 and (document["active"] or not active_only):
                    found.append(_summary(document))
            if len(page) < wanted or len(found) >= limit:
                return found
            before = datetime.fromisoformat(page[-1]["created_at"])

    async def _mended(self, page: Sequence[Document]) -> Sequence[Document]:
        open_ids = [each["_id"] for each in page if each["active"]]
        endings = {each["_id"]: each for each in await self._logs.summaries(open_ids)}
        for ending in endings.values():
            self.put(ending)
        return await asyncio.gather(*(self._follow(endings.get(e["_id"], e)) for e in page))

    async def _follow(self, document: Document) -> Document:
        """One that was only announced may have events: a crash came between."""
        if document["seq"] == 0:
            document = {**document, "seq": await self._logs.last_seq(document["_id"])}
        return document


def summary_document(summary: StudySummary) -> Document:
    return {
        "_id": summary.study_id,
        "seq": summary.seq,
        "active": summary.active,
        "created_at": time_text(summary.created_at),
        "body": summary.body,
    }


def _newer(document: Document) -> UpdateOne:
    older = {"_id": document["_id"], "seq": {"$lt": document["seq"]}}
    return UpdateOne(older, {"$set": document})


def _summary(document: Document) -> StudySummary:
    return StudySummary(
        document["_id"],
        document["seq"],
        document["active"],
        datetime.fromisoformat(document["created_at"]),
        document["body"],
    )
