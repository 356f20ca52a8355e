"""An EventFeed over a MongoDB change stream: what one gateway has written wakes all others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Final

import pymongo
import structlog
from pymongo.errors import OperationFailure, PyMongoError

from layerlab.adapters.memory import MemoryEventFeed
from layerlab.adapters.mongo_database import (
    OPERATION_SECONDS,
    Document,
    MongoDatabase,
    explain,
    unavailable,
)
from layerlab.lifecycle import background

log = structlog.get_logger()

# The number of the last event, and not the events: readers read the log.
_PIPELINE: Final[list[Document]] = [
    {"$match": {"operationType": "insert"}},
    {"$project": {"documentKey": 1, "fullDocument.last": 1}},
]
_AWAIT_SECONDS: Final = 1.0
# What this gateway has written it announces itself, at the same moment or a little later.
_OWN_SECONDS: Final = 0.02
_RETRY_SECONDS: Final = (0.1, 0.5, 1.0, 2.0)
_HEARD: Final = 4096
# Codes of MongoDB: invalid resume token, fatal error of a stream, history lost.
_PLACE_LOST: Final = frozenset({260, 280, 286})


@asynccontextmanager
async def open_mongo_feed(url: str) -> AsyncIterator[MongoEventFeed]:
    """Hears what is written at `url`, from the first moment that MongoDB can be reached.

    :raises ValueError: for a URL that can't be read.
    """
    async with aclosing(MongoDatabase(url)) as database:
        feed = MongoEventFeed(database)
        async with background(feed.listen()):
            yield feed


class MongoEventFeed:
    """An EventFeed. It always knows the place in MongoDB's own log up to which it has heard.

    So whatever breaks, it goes on from there, and no wake-up is lost.
    """

    def __init__(self, database: MongoDatabase, place: Document | None = None) -> None:
        """`place`: where to begin, as arguments for `watch`; by default, now."""
        self._database = database
        self._readers = MemoryEventFeed()
        self._place = place
        self._has_place = asyncio.Event()
        if place is not None:
            self._has_place.set()
        self._heard: dict[str, int] = {}
        self._echoes: dict[str, int] = {}
        self._failures = 0

    async def announce(self, study_id: str, seq: int) -> None:
        self._note(study_id, seq)

    @asynccontextmanager
    async def subscribe(self, study_id: str | None) -> AsyncIterator[AsyncIterator[str]]:
        """:raises Unavailable: when nothing could be heard yet, since MongoDB is away."""
        # What is read from now on is read after the place from which this feed hears.
        try:
            await asyncio.wait_for(self._has_place.wait(), OPERATION_SECONDS)
        except TimeoutError:
            raise unavailable() from None
        async with self._readers.subscribe(study_id) as studies:
            yield studies

    async def listen(self) -> None:
        """Until cancelled."""
        while True:
            try:
                if self._place is None:
                    await self._take_place()
                await self._follow()
            except PyMongoError as error:
                if self._failures == 0:
                    log.warning("other gateways can't be heard", reason=explain(error))
                if isinstance(error, OperationFailure) and error.code in _PLACE_LOST:
                    self._place = None
            await asyncio.sleep(_RETRY_SECONDS[min(self._failures, len(_RETRY_SECONDS) - 1)])
            self._failures += 1

    async def _take_place(self) -> None:
        """Whatever a majority has by now a reader finds; what follows will be heard."""
        with pymongo.timeout(OPERATION_SECONDS):
            written = (await self._database.hello())["lastWrite"]["majorityOpTime"]["ts"]
            if self._has_place.is_set():
                # MongoDB's own log doesn't reach back to where the stream broke.
                await self._wake_all()
        self._place = {"start_at_operation_time": written}
        self._has_place.set()

    async def _wake_all(self) -> None:
        self._heard.clear()
        async for study in self._database["studies"].find({}, {"_id": 1}):
            self._readers.wake(study["_id"])

    async def _follow(self) -> None:
        """Hears of every append, until the stream breaks."""
        stream = self._database["batches"].watch(
            _PIPELINE, max_await_time_ms=round(_AWAIT_SECONDS * 1000), **(self._place or {})
        )
        try:
            while stream.alive:
                with pymongo.timeout(OPERATION_SECONDS):
                    change = await stream.try_next()
                if stream.resume_token is not None:
                    self._place = {"resume_after": stream.resume_token}
                if self._failures:
                    log.info("other gateways can be heard again")
                self._failures = 0
                if change is not None:
                    study_id = change["documentKey"]["_id"]["study"]
                    self._hear(study_id, change["fullDocument"]["last"])
        finally:
            with pymongo.timeout(OPERATION_SECONDS):
                await stream.close()

    def _note(self, study_id: str, seq: int) -> None:
        if seq <= self._heard.get(study_id, 0):
            return
        if len(self._heard) >= _HEARD:
            self._heard.clear()  # Which costs a second wake-up here and there.
        self._heard[study_id] = seq
        self._readers.wake(study_id)

    def _hear(self, study_id: str, seq: int) -> None:
        if study_id not in self._echoes:
            asyncio.get_running_loop().call_later(_OWN_SECONDS, self._pass_on, study_id)
        self._echoes[study_id] = max(seq, self._echoes.get(study_id, 0))

    def _pass_on(self, study_id: str) -> None:
        self._note(study_id, self._echoes.pop(study_id))
