"""One MongoDB database: how long an operation may take, and what its errors mean."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import pymongo
import structlog
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo.errors import (
    ConnectionFailure,
    DocumentTooLarge,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.uri_parser import parse_uri
from pymongo.write_concern import WriteConcern

from layerlab.domain.problem import Unavailable

log = structlog.get_logger()

Document: TypeAlias = dict[str, Any]
Collection: TypeAlias = AsyncIOMotorCollection[Document]

OPERATION_SECONDS: Final = 3.5
# After a failure the next ones wait less: their callers have waited for the failure before.
# Together they are what a caller waits at most for its answer that MongoDB is away.
_SECONDS_AFTER_FAILURE: Final = 1.5
_SELECTION_SECONDS: Final = 2.0
# A server that hangs is noticed by its monitor within two of these.
_MONITOR_SECONDS: Final = 2.0
_GOODBYE_SECONDS: Final = 1.0
_WRONG_PASSWORD: Final = 18


class MongoDatabase:
    """What the store and the feed have in common. Nothing is asked before it is needed."""

    def __init__(self, url: str) -> None:
        """:raises ValueError: for a URL that can't be read; it isn't repeated."""
        try:
            self._client: AsyncIOMotorClient[Document] = _client(url)
            name = parse_uri(url, validate=False)["database"] or "layerlab"
        except (PyMongoError, ValueError) as error:
            raise ValueError(f"LAYERLAB_STORE__URL can't be read: {type(error).__name__}") from None
        self._database: AsyncIOMotorDatabase[Document] = self._client.get_database(
            name,
            # What was acknowledged has reached the journals of a majority, and what is read has
            # too: neither can be rolled back by the loss of a node.
            write_concern=WriteConcern("majority", j=True),
            read_concern=ReadConcern("majority"),
            # Whatever the URL says: a secondary lags, and a reader that was woken must find.
            read_preference=ReadPreference.PRIMARY,
        )
        self.is_ready = False
        """Whether operations may begin: schema and indexes are there."""
        # What is wrong, if something is, so that it is said once.
        self._trouble = ""

    def __getitem__(self, collection: str) -> Collection:
        return self._database[collection]

    async def aclose(self) -> None:
        # It says goodbye to the server, which may hang, and the driver would wait for that here.
        with pymongo.timeout(_GOODBYE_SECONDS):
            await asyncio.to_thread(self._client.close)

    async def hello(self) -> Document:
        """What the primary says of itself; its clock, and what a majority has, among it."""
        return await self._database.command("hello")

    async def clock(self) -> datetime:
        """The primary's, UTC, in milliseconds."""
        time: datetime = (await self.hello())["localTime"]
        return time.replace(tzinfo=UTC)

    @asynccontextmanager
    async def operation(self) -> AsyncIterator[None]:
        """Around calls of the driver, which together may take `OPERATION_SECONDS`.

        :raises Unavailable: when MongoDB can't be reached, or not in time.
        """
        if not self.is_ready:
            raise unavailable()
        try:
            with pymongo.timeout(_SECONDS_AFTER_FAILURE if self._trouble else OPERATION_SECONDS):
                yield
        except (DocumentTooLarge, InvalidOperation):
            raise  # Mistakes of ours, which trying again won't mend.
        except PyMongoError as error:
            self.note_failure(error)
            raise unavailable() from error
        self.note_success()

    def note_failure(self, error: PyMongoError) -> None:
        trouble = "away" if isinstance(error, ConnectionFailure) else explain(error)
        if trouble != self._trouble:
            log.warning("MongoDB can't be used", reason=explain(error))
        self._trouble = trouble

    def note_success(self) -> None:
        if self._trouble:
            log.info("MongoDB can be used again")
        self._trouble = ""


def unavailable() -> Unavailable:
    # What is wrong with it stands in our log; where it lives is nothing for a client.
    return Unavailable(
        "store_unavailable", "The ledger's database can't be reached.", "Try again in a moment."
    )


def explain(error: PyMongoError) -> str:
    """For the operator. What the driver says may name hosts, and never holds the password."""
    if isinstance(error, OperationFailure) and error.code == _WRONG_PASSWORD:
        return "the user or the password in LAYERLAB_STORE__URL is not known to MongoDB"
    if "RSGhost" in str(error):
        return "mongod has not been told its replica set yet: call rs.initiate() once"
    if isinstance(error, ServerSelectionTimeoutError):
        # What follows describes the driver's state, at length.
        return str(error).split(", Timeout: ")[0].split(" (configured timeouts")[0]
    if isinstance(error, ConnectionFailure):
        return f"it doesn't answer, or the connection broke: {error}"
    return str(error)


def _client(url: str) -> AsyncIOMotorClient[Document]:
    return AsyncIOMotorClient(
        url,
        appname="layerlab",
        retryWrites=True,
        retryReads=True,
        serverSelectionTimeoutMS=round(_SELECTION_SECONDS * 1000),
        connectTimeoutMS=round(_SELECTION_SECONDS * 1000),
        heartbeatFrequencyMS=round(_MONITOR_SECONDS * 1000),
    )
