"""The scheduler as a part of a process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from layerlab.lifecycle import background
from layerlab.ports import JobQueue, StudyLedger
from services.scheduler.clock import LoopClock
from services.scheduler.scheduler import Scheduler
from services.scheduler.settings import SchedulerSettings


@asynccontextmanager
async def scheduler_service(
    settings: SchedulerSettings, ledger: StudyLedger, queue: JobQueue
) -> AsyncIterator[asyncio.Task[None]]:
    """Schedules while the context is open; waits for the ledger when it isn't there yet."""
    async with background(Scheduler(settings, ledger, queue, LoopClock()).run()) as task:
        yield task
