"""Queue and feed within one process: for one machine, and for tests."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from layerlab.domain.study import CohortRef
from layerlab.ports import Handler, QueueDepth, Requeue

log = structlog.get_logger()

# The first growth after a pause is told at once; what follows within this time, together. A study
# of tiny trials grows a thousand times a second, and its readers read as often as they are woken.
_TOGETHER_SECONDS: Final = 0.02


class MemoryJobQueue:
    """A JobQueue that dies with its process; the reconciler fills it again from the ledger."""

    survives_restart = False

    def __init__(self) -> None:
        # By a running number, so that what is given back unhandled is first again.
        self._ready: asyncio.PriorityQueue[tuple[int, CohortRef]] = asyncio.PriorityQueue()
        self._numbers = itertools.count()
        self._dead: list[CohortRef] = []
        self._unacknowledged = 0

    async def put(self, cohort: CohortRef) -> None:
        self._ready.put_nowait((next(self._numbers), cohort))

    async def consume(self, handle: Handler) -> None:
        while True:
            number, cohort = await self._ready.get()
            self._unacknowledged += 1
            try:
                await handle(cohort)
            except Requeue:
                await self.put(cohort)
            except asyncio.CancelledError:
                self._ready.put_nowait((number, cohort))
                raise
            except Exception:
                log.exception("cohort moved to the dead letters", cohort_id=cohort.cohort_id)
                self._dead.append(cohort)
            finally:
                self._unacknowledged -= 1

    async def depth(self) -> QueueDepth:
        return QueueDepth(self._ready.qsize(), self._unacknowledged, len(self._dead))

    async def ping(self) -> None:
        """It is here as long as its process is."""


class MemoryEventFeed:
    """An EventFeed for the readers of one gateway process."""

    def __init__(self) -> None:
        self._subscribers: set[_Subscriber] = set()

    async def announce(self, study_id: str, seq: int) -> None:
        self.wake(study_id)

    def wake(self, study_id: str) -> None:
        for subscriber in self._subscribers:
            subscriber.wake(study_id)

    @asynccontextmanager
    async def subscribe(self, study_id: str | None) -> AsyncIterator[AsyncIterator[str]]:
        subscriber = _Subscriber(study_id)
        self._subscribers.add(subscriber)
        try:
            yield subscriber.studies()
        finally:
            self._subscribers.discard(subscriber)


class _Subscriber:
    """Remembers which studies have grown, not how often: memory stays bounded."""

    def __init__(self, study_id: str | None) -> None:
        self._study_id = study_id
        self._grown: dict[str, None] = {}
        self._waiting = asyncio.Event()

    def wake(self, study_id: str) -> None:
        if self._study_id in (None, study_id):
            self._grown[study_id] = None
            self._waiting.set()

    async def studies(self) -> AsyncIterator[str]:
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            grown, self._grown = self._grown, {}
            for study_id in grown:
                yield study_id
            await asyncio.sleep(_TOGETHER_SECONDS)
