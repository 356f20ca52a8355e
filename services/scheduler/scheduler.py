"""Follows the ledger, and drives every study that has not ended."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from layerlab.domain.exchange import StudyDelta
from layerlab.domain.problem import Problem, Unavailable
from layerlab.ports import JobQueue, StudyLedger
from services.scheduler.clock import Backoff, Clock
from services.scheduler.driver import StudyDriver
from services.scheduler.queue_report import report_queue
from services.scheduler.reconciler import Reconciler
from services.scheduler.record import StudyRecord
from services.scheduler.settings import SchedulerSettings
from services.scheduler.thinking import Thinker

log = structlog.get_logger()

_GONE: Final = "ledger_gone"


class Scheduler:
    """Holds nothing that the ledger doesn't: it can be killed, started again, and run twice."""

    def __init__(
        self,
        settings: SchedulerSettings,
        ledger: StudyLedger,
        queue: JobQueue,
        thinker: Thinker,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._queue = queue
        self._thinker = thinker
        self._clock = clock
        self._reconciler = Reconciler(ledger, queue, clock)

    async def run(self) -> None:
        """Until cancelled."""
        # First of all, so that it doesn't publish again what is about to be queued.
        await self._reconciler.recover()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._reconciler.run(self._settings.reconcile_seconds))
            tasks.create_task(self._follow())
            tasks.create_task(report_queue(self._queue, self._ledger, self._clock))

    async def _follow(self) -> None:
        backoff = Backoff()
        while True:
            try:
                await self._watch(backoff)
            except* Problem as gone:
                log.warning("the ledger is away", error=str(gone.exceptions[0]))
            await self._clock.sleep_until(self._clock.now() + backoff.next())

    async def _watch(self, backoff: Backoff) -> None:
        """One connection's worth: the next one starts over with everything.

        :raises ExceptionGroup: of a `Problem`, when the connection is lost.
        """
        drivers: dict[str, StudyDriver] = {}
        async with asyncio.TaskGroup() as tasks:
            async for delta in self._ledger.watch_studies():
                backoff.reset()
                self._take(delta, drivers, tasks)
            raise Unavailable(_GONE, "The ledger has closed the stream of its studies.")

    def _take(
        self, delta: StudyDelta, drivers: dict[str, StudyDriver], tasks: asyncio.TaskGroup
    ) -> None:
        study = delta.study
        driver = drivers.get(study.study_id)
        if driver is None:
            if study.state.is_terminal:
                return
            driver = StudyDriver(
                StudyRecord(study, self._settings.cohort_limits),
                self._ledger,
                self._queue,
                self._thinker,
                self._clock,
                self._settings.waiting_cohorts,
            )
            drivers[study.study_id] = driver
            tasks.create_task(driver.run(), name=f"study {study.study_id}")
        driver.merge(delta)
        if driver.has_ended:
            del drivers[study.study_id]
