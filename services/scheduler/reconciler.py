"""Finds what has lost its trainer or its message, and has it published again."""

from __future__ import annotations

from typing import Final

import structlog

from layerlab.domain.problem import Problem
from layerlab.ports import JobQueue, StudyLedger
from services.scheduler.clock import Backoff, Clock, within

log = structlog.get_logger()

_PATIENCE_SECONDS: Final = 30.0
_DEPTH_SECONDS: Final = 5.0


class Reconciler:
    """Has the ledger take back what nobody works on: PENDING, it is published again.

    A cohort may be published once too often: the claim decides. It must never be forgotten.
    Nothing here needs doing exactly once, nor by one scheduler alone.
    """

    def __init__(self, ledger: StudyLedger, queue: JobQueue, clock: Clock) -> None:
        self._ledger = ledger
        self._queue = queue
        self._clock = clock
        # A queue that has just been born knows nothing of what the ledger calls queued.
        self._queue_forgot = not queue.survives_restart
        self._missed_some = False

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
        reclaimed = await self._ledger.reclaim_cohorts(include_queued=self._queue_forgot)
        if reclaimed.cohorts:
            log.info("taken back", cohorts=reclaimed.cohorts, queued_too=self._queue_forgot)
        # Not before: without an answer, what the queue forgot may not have been taken back.
        self._queue_forgot = False
        self._queue_forgot = await self._misses_some_again(reclaimed.waiting)

    async def _misses_some_again(self, waiting: int) -> bool:
        """Whether, for the second time in a row, the queue has too few messages.

        Once may be chance: the message that a trainer is about to claim is not ready. Those that
        are unacknowledged don't count, since they are of cohorts that are being trained.
        """
        missed, self._missed_some = self._missed_some, False
        if waiting == 0:
            return False
        try:
            limit = self._clock.now() + _DEPTH_SECONDS
            depth = await within(self._clock, limit, self._queue.depth())
        except (Problem, TimeoutError) as error:
            log.info("the queue does not say what it holds", error=str(error))
            return False
        self._missed_some = depth.ready < waiting
        if self._missed_some and missed:
            log.warning("messages are missing", waiting=waiting, ready=depth.ready)
        return self._missed_some and missed
