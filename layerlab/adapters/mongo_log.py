"""The logs of all studies in one MongoDB collection: a document an append.

Why one insert is enough to keep a log without gaps is argued in docs/decisions/0007.
"""

from __future__ import annotations

import asyncio
import json
import math
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bson import ObjectId
from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from layerlab.adapters.mongo_database import Collection, Document
from layerlab.adapters.mongo_pages import PAGE_BYTES, MongoPages
from layerlab.adapters.mongo_times import time_text
from layerlab.domain.event import Event, EventType
from layerlab.domain.json_value import canonical
from layerlab.ports import SeqConflict

INDEXES: Final = [
    IndexModel([("_id.study", 1), ("last", 1)], name="batches_by_end"),
    IndexModel([("subjects", 1), ("_id.study", 1), ("last", 1)], name="batches_by_subject"),
    IndexModel([("summary._id", 1)], name="batches_by_summary", sparse=True),
]
_ANY_SUBJECT: Final = "*"
# A batch of more subjects is found under any: its index entries would cost more than they save.
_SUBJECTS: Final = 128
_MAJORITY_SECONDS: Final = 0.005
_EVENT_BYTES: Final = 200
# Of batches that may hold one event each, or some hundred.
_FIRST_BATCHES: Final = 4
_KNOWN_ENDS: Final = 1024
_FAST: Final = 1


class MongoLog:
    """`append` is a compare-and-set; its batches are never changed or deleted."""

    def __init__(self, batches: Collection, pages: MongoPages) -> None:
        self._batches = batches
        self._pages = pages
        # Where a batch of the study is known to end. That stays true, since a log only grows.
        self._ends: OrderedDict[str, int] = OrderedDict()

    async def require_end(self, study_id: str, after: int) -> None:
        """:raises SeqConflict: unless `after` is where a batch ends."""
        known = self._ends.get(study_id, 0)
        if known > after:
            raise SeqConflict(study_id)
        if known < after:
            query = {"_id.study": study_id, "last": after}
            if await self._batches.find_one(query, {"_id": 1}) is None:
                raise SeqConflict(study_id)

    async def batch(
        self, study_id: str, events: Sequence[Event], summary: Document | None
    ) -> Document:
        """The document that `insert` takes; `summary` is kept with the events."""
        documents = [_event_document(event) for event in events]
        subjects = sorted({event.subject for event in events})
        batch: Document = {
            "_id": {"study": study_id, "first": events[0].seq},
            "last": events[-1].seq,
            # By which a writer knows its own.
            "token": ObjectId(),
            "subjects": subjects if len(subjects) <= _SUBJECTS else [_ANY_SUBJECT],
            "events": documents,
        }
        if summary is not None:
            batch["summary"] = summary
        if sum(len(each["data"]) + _EVENT_BYTES for each in documents) > PAGE_BYTES:
            body = await asyncio.to_thread(_packed, documents)
            batch |= {"events": [], "pages": await self._pages.put(body)}
        return batch

    async def insert(self, study_id: str, batch: Document) -> None:
        """The batch must begin where another one ends.

        :raises SeqConflict: when others have followed there first.
        """
        try:
            await self._batches.insert_one(batch)
        except DuplicateKeyError:
            if not await self._is_ours(batch):
                raise SeqConflict(study_id) from None
        self._note_end(study_id, batch["last"])

    async def last_seq(self, study_id: str) -> int:
        """0 without events."""
        cursor = self._batches.find({"_id.study": study_id}, {"_id": 0, "last": 1})
        newest = await cursor.sort("last", -1).limit(1).to_list(1)
        return int(newest[0]["last"]) if newest else 0

    async def read(self, study_id: str, after: int, limit: int, subject: str) -> list[Event]:
        events: list[Event] = []
        wanted, known = min(limit, _FIRST_BATCHES), 0
        while True:
            batches = await self._batches_after(study_id, after, subject, wanted)
            for batch in batches:
                events += [
                    event
                    for event in await self._events(batch)
                    if event.seq > after and subject in ("", event.subject)
                ]
                self._note_end(study_id, batch["last"])
                if len(events) >= limit:
                    return events[:limit]
            if len(batches) < wanted:
                return events
            after, known = batches[-1]["last"], known + wanted
            # As many as those read so far suggest.
            wanted = min(limit, math.ceil(known * (limit - len(events)) / max(1, len(events))))

    async def summaries(self, study_ids: Sequence[str]) -> list[Document]:
        """The summaries that were kept with events of these studies."""
        cursor = self._batches.find({"summary._id": {"$in": list(study_ids)}}, {"summary": 1})
        return [batch["summary"] for batch in await cursor.to_list(None)]

    async def _batches_after(
        self, study_id: str, after: int, subject: str, limit: int
    ) -> list[Document]:
        query: Document = {"_id.study": study_id, "last": {"$gt": after}}
        if subject:
            query["subjects"] = {"$in": [subject, _ANY_SUBJECT]}
        return await self._batches.find(query).sort("last", 1).limit(limit).to_list(limit)

    async def _events(self, batch: Document) -> list[Event]:
        documents = batch["events"]
        if "pages" in batch:
            body = await self._pages.get(batch["pages"])
            documents = await asyncio.to_thread(_unpacked, body)
        first = batch["_id"]["first"]
        return [_event(first + index, each) for index, each in enumerate(documents)]

    async def _is_ours(self, batch: Document) -> bool:
        # An insert whose acknowledgement was lost may be our own, repeated by the driver. Until
        # a majority has the other it can't be read; whoever lost waits, to read what it lost to.
        while True:
            found = await self._batches.find_one({"_id": batch["_id"]}, {"token": 1})
            if found is not None:
                return bool(found["token"] == batch["token"])
            await asyncio.sleep(_MAJORITY_SECONDS)

    def _note_end(self, study_id: str, end: int) -> None:
        self._ends[study_id] = max(end, self._ends.pop(study_id, 0))
        if len(self._ends) > _KNOWN_ENDS:
            self._ends.popitem(last=False)


def _packed(documents: Sequence[Document]) -> bytes:
    return zlib.compress(json.dumps(documents).encode(), _FAST)


def _unpacked(body: bytes) -> list[Document]:
    documents: list[Document] = json.loads(zlib.decompress(body))
    return documents


def _event_document(event: Event) -> Document:
    # Data as text: its keys may hold dots and dollars, and its integers any number of digits.
    return {
        "time": time_text(event.time),
        "type": event.type.value,
        "subject": event.subject,
        "data": canonical(event.data),
    }


def _event(seq: int, document: Document) -> Event:
    return Event(
        seq,
        datetime.fromisoformat(document["time"]),
        EventType(document["type"]),
        document["subject"],
        json.loads(document["data"]),
    )
