"""Tells the ledger what the broker says of the queue: nobody else is connected to both."""

from __future__ import annotations

from typing import Final

import structlog

from layerlab.domain.exchange import QueueReport
from layerlab.domain.problem import Problem
from layerlab.ports import JobQueue, StudyLedger
from services.scheduler.clock import Clock

log = structlog.get_logger()

_SECONDS: Final = 5.0


async def report_queue(queue: JobQueue, ledger: StudyLedger, clock: Clock) -> None:
    """Again and again, until cancelled. Of a broker that can't be asked nothing is told: what the
    ledger was told before gets old.
    """
    while True:
        try:
            depth = await queue.depth()
            await ledger.report_queue(
                QueueReport(queue.broker, depth.ready, depth.dead, depth.consumers)
            )
        except Problem as problem:
            # The broker, or a ledger that is away or older than this: others say so loudly.
            log.debug("the queue was not reported", reason=str(problem))
        await clock.sleep_until(clock.now() + _SECONDS)
