"""Snapshots of studies in MongoDB, compressed, and in pages when they are large."""

from __future__ import annotations

import asyncio
import zlib
from typing import Final

from pymongo.errors import DuplicateKeyError

from layerlab.adapters.mongo_database import Document, MongoDatabase
from layerlab.adapters.mongo_pages import PAGE_BYTES, MongoPages
from layerlab.ports import Snapshot

_FAST: Final = 1


class MongoSnapshots:
    """Whatever is missing here costs time alone: the log has it all."""

    def __init__(self, database: MongoDatabase, pages: MongoPages) -> None:
        self._database = database
        self._snapshots = database["snapshots"]
        self._pages = pages

    async def save(self, study_id: str, snapshot: Snapshot) -> None:
        # In a thread, since a large study's takes a second; zlib lets the others run.
        body = await asyncio.to_thread(zlib.compress, snapshot.body.encode(), _FAST)
        change: Document = {"seq": snapshot.seq, "body": body, "pages": None}
        if len(body) > PAGE_BYTES:
            change |= {"body": b"", "pages": await self._pages.put(body)}
        async with self._database.operation():
            replaced = await self._replace(study_id, change)
        if replaced and replaced.get("pages"):
            await self._pages.drop(replaced["pages"])

    async def load(self, study_id: str) -> Snapshot | None:
        async with self._database.operation():
            found = await self._snapshots.find_one({"_id": study_id})
        if found is None:
            return None
        body = await self._pages.get(found["pages"]) if found["pages"] else found["body"]
        try:
            text = await asyncio.to_thread(zlib.decompress, body)
        except zlib.error:
            return None  # Since it was found it was replaced by a newer one, and its pages dropped.
        return Snapshot(found["seq"], text.decode())

    async def _replace(self, study_id: str, change: Document) -> Document | None:
        """What is no longer needed: the older snapshot, or this one if it is the older."""
        older = {"_id": study_id, "seq": {"$lt": change["seq"]}}
        try:
            return await self._snapshots.find_one_and_update(older, {"$set": change}, upsert=True)
        except DuplicateKeyError:
            # There is one that isn't older, or one was made in this moment.
            replaced = await self._snapshots.find_one_and_update(older, {"$set": change})
            return replaced or change
