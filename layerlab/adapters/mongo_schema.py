"""Collections, indexes and the schema's version, made when MongoDB can first be reached."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import pymongo
import structlog
from pymongo import IndexModel
from pymongo.errors import ConfigurationError, PyMongoError

from layerlab.adapters.mongo_database import MongoDatabase
from layerlab.adapters.refusals import NewerSchema

log = structlog.get_logger()

# Long enough for one that runs; one that doesn't is waited for in the background.
_HELLO_SECONDS: Final = 2.0
# An index over a log that is there already takes time.
_SCHEMA_SECONDS: Final = 60.0
_RETRY_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class MongoSchema:
    """`indexes` by collection."""

    version: int
    indexes: Mapping[str, Sequence[IndexModel]]

    @asynccontextmanager
    async def prepared(self, database: MongoDatabase) -> AsyncIterator[None]:
        """Prepares `database`; when it can't be reached, goes on trying in the background.

        :raises NewerSchema: when that can be seen at once.
        """
        waiting: asyncio.Task[None] | None = None
        try:
            await self._prepare(database)
        except PyMongoError as error:
            database.note_failure(error)
            waiting = asyncio.create_task(self._wait(database), name="MongoDB")
        try:
            yield
        finally:
            if waiting is not None:
                waiting.cancel()
                await asyncio.wait([waiting])

    async def _wait(self, database: MongoDatabase) -> None:
        while not database.is_ready:
            await asyncio.sleep(_RETRY_SECONDS)
            try:
                await self._prepare(database)
            except NewerSchema as refusal:
                log.error("the ledger can't be opened", reason=str(refusal))
            except PyMongoError as error:
                database.note_failure(error)

    async def _prepare(self, database: MongoDatabase) -> None:
        """Idempotent, also when several gateways start at once."""
        with pymongo.timeout(_HELLO_SECONDS):
            hello = await database.hello()
        if "setName" not in hello:
            raise ConfigurationError(
                "this mongod belongs to no replica set: start it with --replSet, and call "
                "rs.initiate() once"
            )
        with pymongo.timeout(_SCHEMA_SECONDS):
            found = await database["meta"].find_one({"_id": "schema"})
            if found is not None and found["version"] > self.version:
                raise NewerSchema(
                    "The database in LAYERLAB_STORE__URL was written by a newer LayerLab "
                    f"(schema {found['version']}; this one knows {self.version})."
                )
            for collection, indexes in self.indexes.items():
                await database[collection].create_indexes(indexes)
            await database["meta"].update_one(
                {"_id": "schema"}, {"$max": {"version": self.version}}, upsert=True
            )
        database.is_ready = True
        database.note_success()
