"""`python -m services.scheduler`: the scheduler as a process of its own."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import structlog

from layerlab.adapters.grpc_ledger import GrpcLedger
from layerlab.adapters.opening import UnknownUrl, open_job_queue
from layerlab.lifecycle import run_until_signal
from layerlab.logs import configure_logs
from layerlab.ports import JobQueue, StudyLedger
from layerlab.serving import grpc_channel, grpc_server
from layerlab.settings import read_settings
from services.scheduler.clock import LoopClock
from services.scheduler.scheduler import Scheduler
from services.scheduler.settings import SchedulerSettings, Settings

log = structlog.get_logger()


class QueueWithinProcess(ValueError):
    """A queue in this process's memory: no trainer would ever see what is put there."""


async def run(settings: Settings) -> None:
    """Schedules until SIGINT or SIGTERM.

    :raises QueueWithinProcess: for a queue in memory.
    :raises UnknownUrl: for a queue of a technology without an adapter.
    :raises OSError: when the health server's address can't be listened on.
    """
    if urlsplit(settings.broker.url).scheme == "memory":
        raise QueueWithinProcess(
            "LAYERLAB_BROKER__URL is `memory:`, a queue that no other process can see. Name a "
            "broker that the trainers share, or run everything in one process: layerlab up."
        )
    async with AsyncExitStack() as stack:
        queue = await stack.enter_async_context(open_job_queue(settings.broker.url, "scheduler"))
        channel = await stack.enter_async_context(grpc_channel(settings.gateway.grpc))
        await serve(settings.scheduler, GrpcLedger(channel), queue)


async def serve(settings: SchedulerSettings, ledger: StudyLedger, queue: JobQueue) -> None:
    """The scheduler, and the health of its process."""
    async with grpc_server(settings.grpc, lambda server: None) as port:
        log.info("ready", grpc_port=port)
        await run_until_signal(Scheduler(settings, ledger, queue, LoopClock()).run())


def main() -> int:
    settings = read_settings(Settings)
    configure_logs("scheduler", settings.log_level)
    try:
        asyncio.run(run(settings))
    except (QueueWithinProcess, UnknownUrl, OSError) as error:
        # What the operator can mend needs a sentence, not a trace.
        log.error("the scheduler can't start", reason=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
