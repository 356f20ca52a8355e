"""Publishes what the queue may have lost."""

from __future__ import annotations

from typing import Final

import structlog

from layerlab.domain.problem import Problem, Unavailable
from layerlab.domain.study import CohortRef
from layerlab.ports import JobQueue, StudyLedger
from services.scheduler.clock import Backoff, Clock, within

log = structlog.get_logger()

_PATIENCE_SECONDS: Final = 30.0


class Reconciler:
    """Takes back from the ledger what has lost its trainer, and publishes it again.

    A cohort may be published once too often: the claim decides. It must never be forgotten.
    """

    def __init__(self, ledger: StudyLedger, queue: JobQueue, clock: Clock) -> None:
        self._ledger = ledger
        self._queue = queue
        self._clock = clock
        # A queue that has just been born knows nothing of what the ledger calls queued.
        self._queue_forgot = not queue.survives_restart
        # Reclaimed, and not published yet: the ledger will not name these again.
        self._owed: dict[str, CohortRef] = {}

    async def recover(self) -> None:
        """Returns when a pass has succeeded."""
        backoff = Backoff()
        while not await self._try():
            await self._clock.sleep_until(self._clock.now() + backoff.next())

    async def run(self, every_seconds: float) -> None:
        """Until cancelled."""
        while True:
            await self._clock.sleep_until(self._clock.now() + every_seconds)
            await self._try()

    async def _try(self) -> bool:
        try:
            await within(self._clock, self._clock.now() + _PATIENCE_SECONDS, self._reconcile())
        except (Problem, TimeoutError) as error:
            log.info("not reconciled", error=str(error))
            return False
        return True

    async def _reconcile(self) -> None:
        forgot, self._queue_forgot = self._queue_forgot, not self._queue.survives_restart
        # Should the answer get lost on its way, what it named would be queued for nobody: until
        # there is one, a queue that can't remember is taken to have forgotten.
        reclaimed = await self._ledger.reclaim_cohorts(forgot)
        self._queue_forgot = False
        self._owed.update((cohort.cohort_id, cohort) for cohort in reclaimed)
        for cohort in list(self._owed.values()):
            await self._queue.put(cohort)
            del self._owed[cohort.cohort_id]
            await self._mark(cohort)

    async def _mark(self, cohort: CohortRef) -> None:
        try:
            await self._ledger.mark_cohort_queued(cohort)
        except Unavailable:
            raise
        except Problem as problem:
            log.info("not marked", cohort_id=cohort.cohort_id, code=problem.code)
