"""Which workers are there: what they report while their streams are open, and when one breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from layerlab.domain.exchange import Attended
from layerlab.domain.problem import NotFound, Problem
from layerlab.domain.worker import Worker
from layerlab.ports import RunStore
from services.gateway.ledger.actor import in_milliseconds

log = structlog.get_logger()

# A worker that misses one of three reports keeps its lease.
_REPORTS_PER_LEASE: Final = 3
# A stream that breaks since this gateway stops says nothing of its worker: by the time that this
# has passed, the gateway has stopped. And a worker whose connection was cut has come back.
_DOUBT_SECONDS: Final = 0.5
# A worker that has said nothing for so long is no longer shown.
_MEMORY: Final = timedelta(seconds=60)


class Attendance:
    """Writes workers' records. A record is its worker's lease; breaks only make it end sooner.

    Every gateway writes what it sees: of one worker's streams, the latest heartbeat counts.
    """

    def __init__(self, store: RunStore, lease_seconds: float) -> None:
        self._store = store
        self._due_seconds = lease_seconds / _REPORTS_PER_LEASE
        self._departures: set[asyncio.Task[None]] = set()
        # One for each stream: set when some worker is to drain, or no longer.
        self._asked: set[asyncio.Event] = set()

    async def attend(self, reports: AsyncIterator[Worker]) -> AsyncIterator[Attended]:
        """As a CohortLedger promises."""
        last: Worker | None = None
        try:
            async with self._or_asked(reports) as heard:
                async for report in heard:
                    if report is not None:
                        last = replace(report, heartbeat_at=await self._now(), disconnected_at=None)
                        await self._store.put_worker(last)
                    if last is not None:
                        yield Attended(self._due_seconds, await self._is_drained(last))
        except Problem:
            # The worker is there: it is the store that is not.
            last = None
            raise
        finally:
            if last is not None:
                self._see_off(last)

    async def drain(self, worker_id: str, wanted: bool) -> Worker:
        """Has the worker end what it holds and take no more; or, if that is not `wanted`, take
        cohorts again. At once if it is in
        touch with this gateway, else with its next report. Asking again changes nothing; so asked,
        it stays drained when this gateway starts anew, until it is itself started anew.

        :raises NotFound: `unknown_worker`, when it was not heard of in the last minute.
        """
        workers = await self.list_workers()
        worker = next((each for each in workers if each.worker_id == worker_id), None)
        if worker is None:
            raise NotFound("unknown_worker", f"There is no worker {worker_id!r}.")
        await self._store.set_drained(worker_id, worker.incarnation if wanted else "")
        for asked in self._asked:
            asked.set()
        return replace(worker, draining=wanted)

    async def list_workers(self) -> list[Worker]:
        """Those heard of in the last minute, sorted by id; draining as soon as that is wanted."""
        workers = await self._store.list_workers(await self._store.now() - _MEMORY)
        drained = await self._store.drained_workers()
        return [replace(each, draining=each.draining or _is_in(drained, each)) for each in workers]

    @asynccontextmanager
    async def _or_asked(
        self, reports: AsyncIterator[Worker]
    ) -> AsyncIterator[AsyncIterator[Worker | None]]:
        """The reports, and None whenever somebody has asked something of some worker."""
        asked = asyncio.Event()
        self._asked.add(asked)
        merged = _merged(reports, asked)
        try:
            async with aclosing(merged):
                yield merged
        finally:
            self._asked.discard(asked)

    async def _is_drained(self, worker: Worker) -> bool:
        return _is_in(await self._store.drained_workers(), worker)

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


def _is_in(drained: Mapping[str, str], worker: Worker) -> bool:
    return drained.get(worker.worker_id) == worker.incarnation


async def _merged(
    reports: AsyncIterator[Worker], asked: asyncio.Event
) -> AsyncGenerator[Worker | None, None]:
    """Ends when the reports do."""
    following = asyncio.ensure_future(anext(reports, None))
    asking = asyncio.create_task(asked.wait())
    try:
        while True:
            await asyncio.wait({following, asking}, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                asked.clear()
                asking = asyncio.create_task(asked.wait())
                yield None
                continue
            report = following.result()
            if report is None:
                return
            yield report
            following = asyncio.ensure_future(anext(reports, None))
    finally:
        for task in (following, asking):
            task.cancel()
        await asyncio.gather(following, asking, return_exceptions=True)
