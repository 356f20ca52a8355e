"""Queue and feed within one process: for one machine, and for tests."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

import structlog

from layerlab.adapters.feeding import Feeder
from layerlab.domain.study import CohortRef
from layerlab.intake import Intake
from layerlab.ports import Handler, QueueDepth, Requeue

log = structlog.get_logger()

# The first growth after a pause is told at once; what follows within this time, together. A study
# of tiny trials grows a thousand times a second, and its readers read as often as they are woken.
_TOGETHER_SECONDS: Final = 0.02


_Numbered: TypeAlias = tuple[int, CohortRef]


class MemoryJobQueue:
    """A JobQueue that dies with its process; the reconciler fills it again from the ledger."""

    broker = "memory"
    survives_restart = False

    def __init__(self) -> None:
        # By a running number, so that what is given back unhandled is first again.
        self._ready: asyncio.PriorityQueue[_Numbered] = asyncio.PriorityQueue()
        self._numbers = itertools.count()
        self._in_line = 0
        self._taken: set[_Numbered] = set()
        self._dead: list[CohortRef] = []

    async def put(self, cohort: CohortRef) -> None:
        self._ready.put_nowait((next(self._numbers), cohort))

    async def consume(self, handle: Handler, intake: Intake | None = None) -> None:
        consumer = _Consumer(self, handle)
        try:
            await Feeder(consumer, consumer.deliver, intake).run()
        finally:
            for unhandled in consumer.taken:
                self._give_back(unhandled)

    async def depth(self) -> QueueDepth:
        ready, dead = self._ready.qsize(), len(self._dead)
        return QueueDepth(ready, len(self._taken), dead, self._in_line)

    async def ping(self) -> None:
        """It is here as long as its process is."""

    async def take_next(self, paused: asyncio.Event) -> _Numbered | None:
        self._in_line += 1
        getting = asyncio.create_task(self._ready.get())
        pausing = asyncio.create_task(paused.wait())
        taken: _Numbered | None = None
        try:
            await asyncio.wait({getting, pausing}, return_when=asyncio.FIRST_COMPLETED)
            if getting.done() and not paused.is_set():
                taken = getting.result()
                self._taken.add(taken)
            return taken
        finally:
            self._in_line -= 1
            if getting.done() and taken is None:
                self._ready.put_nowait(getting.result())
            getting.cancel()
            pausing.cancel()

    def take_spare(self) -> _Numbered | None:
        if self._ready.qsize() <= self._in_line:
            return None
        taken = self._ready.get_nowait()
        self._taken.add(taken)
        return taken

    def settle(self, taken: _Numbered) -> None:
        self._taken.discard(taken)

    def bury(self, taken: _Numbered) -> None:
        self.settle(taken)
        self._dead.append(taken[1])

    def _give_back(self, taken: _Numbered) -> None:
        self.settle(taken)
        self._ready.put_nowait(taken)


class _Consumer:
    """A Line, and what becomes of its messages."""

    def __init__(self, queue: MemoryJobQueue, handle: Handler) -> None:
        self._queue, self._handle = queue, handle
        self.taken: set[_Numbered] = set()

    async def next(self, paused: asyncio.Event) -> _Numbered | None:
        taken = await self._queue.take_next(paused)
        if taken:
            self.taken.add(taken)
        return taken

    async def spare(self) -> _Numbered | None:
        taken = self._queue.take_spare()
        if taken:
            self.taken.add(taken)
        return taken

    async def deliver(self, message: _Numbered) -> None:
        """A cancelled handler leaves its message to whoever ends this consumer."""
        cohort = message[1]
        try:
            await self._handle(cohort)
        except Requeue:
            await self._queue.put(cohort)
            self._queue.settle(message)
        except Exception:
            log.exception("cohort moved to the dead letters", cohort_id=cohort.cohort_id)
            self._queue.bury(message)
        else:
            self._queue.settle(message)
        self.taken.discard(message)


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
