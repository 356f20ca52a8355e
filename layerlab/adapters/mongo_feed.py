"""An EventFeed over a MongoDB change stream: what one gateway has written wakes all others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
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
    with closing(MongoDatabase(url)) as database:
        feed = MongoEventFeed(database)
        async with background(feed.listen()):
            yield feed


class MongoEventFeed:
    """An EventFeed. It always knows the place in MongoDB's own log up to which it has heard.

    So whatever breaks, it goes on from there, and no wake-up is lost.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database
        self._readers = MemoryEventFeed()
        self._anchored = asyncio.Event()
        # Where to go on: arguments for `watch`.
        self._place: Document | None = None
        self._heard: dict[str, int] = {}
        self._echoes: dict[str, int] = {}

    async def announce(self, study_id: str, seq: int) -> None:
        self._note(study_id, seq)

    @asynccontextmanager
    async def subscribe(self, study_id: str | None) -> AsyncIterator[AsyncIterator[str]]:
        """:raises Unavailable: when nothing could be heard yet, since MongoDB is away."""
        # What is read from now on is read after the place from which this feed hears.
        try:
            await asyncio.wait_for(self._anchored.wait(), OPERATION_SECONDS)
        except TimeoutError:
            raise unavailable() from None
        async with self._readers.subscribe(study_id) as studies:
            yield studies

    async def listen(self) -> None:
        """Until cancelled."""
        failures = 0
        while True:
            try:
                if self._place is None:
                    await self._anchor()
                async for study_id, seq in self._written():
                    failures = 0
                    self._hear(study_id, seq)
            except PyMongoError as error:
                if failures == 0:
                    log.warning("other gateways can't be heard", reason=explain(error))
                if isinstance(error, OperationFailure) and error.code in _PLACE_LOST:
                    self._place = None
            await asyncio.sleep(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])
            failures += 1

    async def _anchor(self) -> None:
        """Whatever a majority has by now, a reader finds; what follows will be heard."""
        with pymongo.timeout(OPERATION_SECONDS):
            written = (await self._database.hello())["lastWrite"]["majorityOpTime"]["ts"]
        self._place = {"start_at_operation_time": written}
        if not self._anchored.is_set():
            self._anchored.set()
        else:
            await self._wake_all()

    async def _wake_all(self) -> None:
        """After a break that MongoDB's own log doesn't reach back over, any log may have grown."""
        self._heard.clear()
        with pymongo.timeout(OPERATION_SECONDS):
            async for study in self._database["studies"].find({}, {"_id": 1}):
                self._readers.wake(study["_id"])

    async def _written(self) -> AsyncIterator[tuple[str, int]]:
        """The study and the number of the last event of every append, until the stream breaks."""
        stream = self._database["batches"].watch(
            _PIPELINE, max_await_time_ms=round(_AWAIT_SECONDS * 1000), **(self._place or {})
        )
        try:
            while stream.alive:
                with pymongo.timeout(OPERATION_SECONDS):
                    change = await stream.try_next()
                self._place = {"resume_after": stream.resume_token}
                if change is not None:
                    yield change["documentKey"]["_id"]["study"], change["fullDocument"]["last"]
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
