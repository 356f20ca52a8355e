"""Which workers are there: what they report while their streams are open, and when one breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from layerlab.domain.problem import Problem
from layerlab.domain.worker import Worker
from layerlab.ports import RunStore
from services.gateway.ledger.actor import in_milliseconds

log = structlog.get_logger()

# A worker that misses one of three reports keeps its lease.
_REPORTS_PER_LEASE: Final = 3
# A stream that breaks since this gateway stops says nothing of its worker: by the time that this
# has passed, the gateway has stopped. And a worker whose connection was cut has come back.
_DOUBT_SECONDS: Final = 0.5


class Attendance:
    """Writes workers' records. A record is its worker's lease; breaks only make it end sooner.

    Every gateway writes what it sees: of one worker's streams, the latest heartbeat counts.
    """

    def __init__(self, store: RunStore, lease_seconds: float) -> None:
        self._store = store
        self._due_seconds = lease_seconds / _REPORTS_PER_LEASE
        self._departures: set[asyncio.Task[None]] = set()

    async def attend(self, reports: AsyncIterator[Worker]) -> AsyncIterator[float]:
        """As a CohortLedger promises."""
        last: Worker | None = None
        try:
            async for report in reports:
                last = replace(report, heartbeat_at=await self._now(), disconnected_at=None)
                await self._store.put_worker(last)
                yield self._due_seconds
        except Problem:
            # The worker is there: it is the store that is not.
            last = None
            raise
        finally:
            if last is not None:
                self._see_off(last)

    async def close(self) -> None:
        for task in self._departures:
            task.cancel()
        await asyncio.gather(*self._departures, return_exceptions=True)

    def _see_off(self, worker: Worker) -> None:
        task = asyncio.create_task(self._record_departure(worker), name="departure")
        self._departures.add(task)
        task.add_done_callback(self._departures.discard)

    async def _record_departure(self, worker: Worker) -> None:
        await asyncio.sleep(_DOUBT_SECONDS)
        try:
            # Under the old heartbeat: if the worker is back, here or elsewhere, this is late.
            await self._store.put_worker(replace(worker, disconnected_at=await self._now()))
        except Problem as problem:
            # Then its lease just ends.
            log.info("a departure was not recorded", worker_id=worker.worker_id, why=str(problem))

    async def _now(self) -> datetime:
        return in_milliseconds(await self._store.now())
