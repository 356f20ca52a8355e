"""Bodies that a MongoDB document can't hold: in pages, which the document names."""

from __future__ import annotations

from typing import Final

from bson import ObjectId
from pymongo import IndexModel

from layerlab.adapters.mongo_database import MongoDatabase

INDEXES: Final = [IndexModel([("of", 1), ("number", 1)], name="pages_by_document")]
PAGE_BYTES: Final = 8 << 20
"""Half of what a MongoDB document may have."""


class MongoPages:
    """Pages are written before the document that names them, and nobody reads them without it.

    So that one write still decides; a crash between the two leaves pages that nobody names.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._collection = database["pages"]

    async def put(self, body: bytes) -> ObjectId:
        name = ObjectId()
        for number, start in enumerate(range(0, len(body), PAGE_BYTES)):
            page = {"of": name, "number": number, "body": body[start : start + PAGE_BYTES]}
            async with self._database.operation():
                await self._collection.insert_one(page)
        return name

    async def get(self, name: ObjectId) -> bytes:
        """Empty when they have been dropped."""
        async with self._database.operation():
            cursor = self._collection.find({"of": name}).sort("number", 1)
            return b"".join([page["body"] async for page in cursor])

    async def drop(self, name: ObjectId) -> None:
        async with self._database.operation():
            await self._collection.delete_many({"of": name})
